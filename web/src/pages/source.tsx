import { usePage } from '../state/context';
import type { components } from '../api/schema';
import { useWords } from './use-words';

interface SourceProps {
  of: {
    source?: string;
    source_details?: components['schemas']['Provenance'];
  };
}

/** Where rows were read from and which version of it, in the reader's language; nothing where nobody knows. */
export function Source({ of: { source, source_details: details } }: SourceProps) {
  const { format } = usePage();
  const words = useWords();
  if (source === undefined) return null;
  if (!details) return <span class="source">{source}</span>; // of a release that an older program made
  const { kind, version, pattern, files, bytes, modified } = details;
  const place = <code>{details.place}</code>;
  const parts = [
    kind === 'newest' && pattern !== undefined ? words.newestOf(pattern) : '',
    files === 1 && kind !== 'folder' && kind !== 'pattern' ? '' : words.files(files, format.integer(files)),
    format.bytes(bytes),
    modified === undefined ? '' : words.writtenAt(format.instant(modified)),
  ];
  return (
    <span class="source" title={source}>
      {version === undefined ? place : <>{words.versionOf(details.format.replace(/^./, (c) => c.toUpperCase()), version)} {place}</>}
      <span class="muted"> · {parts.filter(Boolean).join(' · ')}</span>
    </span>
  );
}
