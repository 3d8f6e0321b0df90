import type { Value } from '../api/answer';
import type { Field } from '../api/dashboard';
import { joinList, splitList, type Params } from '../api/url';

// A condition in the page's URL is written as the API writes it: field=value, field__in=a,b, field__gte=10.

export type Operator = 'eq' | 'ne' | 'in' | 'nin' | 'gt' | 'gte' | 'lt' | 'lte' | 'isnull' | 'contains' | 'startswith';

const operators = new Set<string>(['eq', 'ne', 'in', 'nin', 'gt', 'gte', 'lt', 'lte', 'isnull', 'contains', 'startswith']);

export interface Condition {
  field: string;
  operator: Operator;
  /** One, but for `in` and `nin`. */
  values: string[];
}

/** Reads `field`, or `field__operator`; undefined where the name is no such thing. */
export function parseCondition(name: string, value: string): Condition | undefined {
  const [field = '', suffix = 'eq', ...more] = name.split('__');
  if (field === '' || more.length > 0 || !operators.has(suffix)) return undefined;
  const operator = suffix as Operator;
  const values = operator === 'in' || operator === 'nin' ? splitList(value) : [value];
  return values.length === 0 ? undefined : { field, operator, values };
}

/** The parameter of a condition. `reserved` are names that mean something else, as those with a point do: such a field bears its operator. */
export function formatCondition(condition: Condition, reserved?: ReadonlySet<string>): Params[number] {
  const { field, operator, values } = condition;
  if (operator === 'in' || operator === 'nin') return [`${field}__${operator}`, joinList(values)];
  const bare = operator === 'eq' && !(reserved && (reserved.has(field) || field.includes('.')));
  return [bare ? field : `${field}__${operator}`, values[0] ?? ''];
}

/** A value by which a field is chosen; null: the rows that have none. */
export type Choice = string | null;

/** The choice that a value of an answer is. */
export function choiceOf(value: Value | undefined): Choice {
  return value === null || value === undefined ? null : String(value);
}

/** A text that tells choices apart, the text null from no value too. */
export function choiceKey(choice: Choice): string {
  return choice === null ? 'null' : `=${choice}`;
}

/** Whether a field can be filtered by a choice. */
export function offers(field: Field | undefined, choice: Choice): boolean {
  const filters = field?.filters ?? [];
  return choice === null ? filters.includes('isnull') : filters.includes('eq') || filters.includes('in');
}

/** The values that a field is chosen by. */
export function chosen(conditions: Condition[], field: string): Choice[] {
  return conditions.filter((c) => c.field === field).flatMap((c): Choice[] => {
    if (c.operator === 'isnull') return c.values[0] === 'true' ? [null] : [];
    return c.operator === 'eq' || c.operator === 'in' ? c.values : [];
  });
}

/** The conditions with the field chosen by these values alone; none: not by that field. */
export function choose(conditions: Condition[], field: string, values: Choice[]): Condition[] {
  const others = conditions.filter((c) => c.field !== field);
  const texts = values.filter((value) => value !== null);
  // No filter asks for some values or none: rows without a value are chosen alone.
  if (texts.length < values.length) return [...others, { field, operator: 'isnull', values: ['true'] }];
  if (texts.length === 0) return others;
  return [...others, texts.length === 1 ? { field, operator: 'eq', values: texts } : { field, operator: 'in', values: texts }];
}

/** The conditions with one value of the field chosen, or not any more. */
export function toggle(conditions: Condition[], field: string, value: Choice): Condition[] {
  const values = chosen(conditions, field);
  if (values.includes(value)) return choose(conditions, field, values.filter((v) => v !== value));
  return choose(conditions, field, value === null ? [null] : [...values.filter((v) => v !== null), value]);
}

/** The conditions with the field between two bounds, both included. */
export function between(conditions: Condition[], field: string, low: string, high: string): Condition[] {
  return [...conditions.filter((c) => c.field !== field), { field, operator: 'gte', values: [low] }, { field, operator: 'lte', values: [high] }];
}
