import { Link } from '../components/link';
import { usePage } from '../state/context';
import type { RuleResult } from './release-record';
import { Scroll } from './scroll';
import { useWords } from './use-words';

interface QualityProps {
  results: RuleResult[];
  /** The results are of several datasets. */
  datasets?: boolean;
}

/** A list of kept rules longer than this is folded. */
const readable = 30;

/** Results of rules: those that were broken first. */
export function Quality({ results, datasets = false }: QualityProps) {
  const { format } = usePage();
  const words = useWords();
  const kept = results.filter((result) => result.passed);
  const broken = results.filter((result) => !result.passed);
  if (kept.length <= readable) return <QualityTable results={[...broken, ...kept]} datasets={datasets} />;
  return (
    <>
      {broken.length > 0 && <QualityTable results={broken} datasets={datasets} />}
      <details>
        <summary>{words.rulesKept(format.integer(kept.length))}</summary>
        <QualityTable results={kept} datasets={datasets} />
      </details>
    </>
  );
}

function QualityTable({ results, datasets }: Required<QualityProps>) {
  const { state, format } = usePage();
  const words = useWords();
  const examples = results.some((result) => (result.examples ?? []).length > 0);
  return (
    <Scroll name={words.quality}>
      <table class="data wrap">
        <caption class="unseen">{words.quality}</caption>
        <thead>
          <tr>
            {datasets && <th scope="col">{words.dataset}</th>}
            <th scope="col">{words.rule}</th>
            <th scope="col">{words.severity}</th>
            <th scope="col">{words.result}</th>
            <th scope="col" class="number">{words.failing}</th>
            {examples && <th scope="col">{words.examples}</th>}
          </tr>
        </thead>
        <tbody>
          {results.map((result) => (
            <tr key={`${result.dataset} ${result.rule}`} data-key={datasets ? `${result.dataset}.${result.rule}` : result.rule}>
              {datasets && <td><Link to={{ ...state, page: `datasets/${result.dataset}` }}>{result.dataset}</Link></td>}
              <th scope="row"><code>{result.rule}</code></th>
              <td>{result.severity === 'error' ? words.error : words.warning}</td>
              <td data-metric="passed" data-value={result.passed}>{result.passed ? `✓ ${words.kept}` : <strong class="broken">✗ {words.broken}</strong>}</td>
              <td class="number" data-metric="failing" data-value={result.failing}>{format.integer(result.failing)}</td>
              {examples && <td class="text">{result.examples?.join(' · ')}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
