import type { Rows } from '../api/answer';
import { apiPath, type Params } from '../api/url';
import { formatCondition, type Condition } from '../state/condition';
import { usePage } from '../state/context';
import { linkProblems, replaced, type LinkProblem } from '../state/link';
import { reserved } from '../state/page-state';
import { datasetOf, fieldOf, takes } from '../state/reach';
import { pinned, useAnswer } from '../state/use-answer';

/** What the page's address asks for in vain: each with what was probably meant, and a way to be rid of it. */
export function LinkStrip() {
  const { dashboard, state, t } = usePage();
  const problems = linkProblems(dashboard, state);
  return (
    <div class="link-strip" aria-live="polite">
      {problems.map((problem) => <Said key={problem.parameter.join('=')} parameter={problem.parameter} text={useless(problem, t)} instead={problem.instead} />)}
      {checkable(state.conditions).map((condition) => <Checked key={formatCondition(condition).join('=')} condition={condition} />)}
    </div>
  );
}

function useless({ parameter, kind, expected }: LinkProblem, t: ReturnType<typeof usePage>['t']): string {
  const asked = parameter.join('=');
  switch (kind) {
    case 'time':
      return t.linkTime(asked);
    case 'value':
      return t.linkValue(asked, expected.join(', '));
    case 'operator':
      return t.linkOperator(asked, expected.join(', '));
    case 'name':
      return t.linkName(asked);
  }
}

interface SaidProps {
  parameter: Params[number];
  text: string;
  instead: Params[number] | undefined;
}

function Said({ parameter, text, instead }: SaidProps) {
  const { t, go } = usePage();
  return (
    <p class="banner" data-said={parameter[0]}>
      <span>{text}</span>
      {instead && <button type="button" class="primary" data-action="use-instead" onClick={() => { go((s) => replaced(s, parameter, instead)); }}>{t.linkInstead(instead.join('='))}</button>}
      <button type="button" class="plain" data-action="leave-out" onClick={() => { go((s) => replaced(s, parameter, undefined)); }}>{t.linkLeaveOut}</button>
    </p>
  );
}

/** As many values of one filter are looked up; who chooses more chooses from a list. */
const mostLookedUp = 20;

/** The conditions as they are looked up: lists value by value, since each may be one that nobody has. */
function checkable(conditions: Condition[]): Condition[] {
  return conditions.flatMap((condition) => (condition.operator === 'in' && condition.values.length <= mostLookedUp ? condition.values.map((value): Condition => ({ ...condition, values: [value] })) : [condition]));
}

/** Says of a condition that the API refuses it, or that no row has its value: with the API's own hint. */
function Checked({ condition }: { condition: Condition }) {
  const { client, dashboard, state, release, t, label } = usePage();
  const facts = datasetOf(dashboard, dashboard.facts);
  const dataset = [...(facts ? [facts] : []), ...dashboard.datasets].find((d) => takes(d, condition, true));
  const parameter = formatCondition(condition, reserved);
  const path = dataset && apiPath(`datasets/${dataset.name}/rows`, [['limit', '1'], ...(dataset.key.length > 0 ? [['fields', dataset.key.join(',')] as [string, string]] : []), formatCondition(condition)]);
  const { answer, problem } = useAnswer<Rows>(client, path && pinned(path, release.number));
  const own = state.conditions.find((c) => c.field === condition.field && c.operator === condition.operator);
  const [value = ''] = condition.values;
  // One value of a list is replaced within it.
  const asked = own ? formatCondition(own, reserved) : parameter;
  const instead = (word: string | undefined): Params[number] | undefined => (word === undefined || !own ? undefined : formatCondition({ ...own, values: [...new Set(own.values.map((v) => (v === value ? word : v)))] }, reserved));
  if (problem?.status === 400) {
    const detail = problem.errors.find((error) => error.parameter === parameter[0]);
    return <Said parameter={asked} text={t.named(parameter.join('='), detail?.detail ?? problem.message)} instead={instead(detail?.did_you_mean)} />;
  }
  if (answer?.url !== client.href(pinned(path ?? '', release.number)) || answer.body.data.length > 0) return null;
  if (condition.operator !== 'eq' && condition.operator !== 'in') return null;
  const hint = answer.body.meta.hints?.find((h) => h.value === value)?.did_you_mean;
  return <Said parameter={asked} text={t.linkNobody(label(fieldOf(dashboard, condition.field) ?? { name: condition.field }), value)} instead={instead(hint)} />;
}
