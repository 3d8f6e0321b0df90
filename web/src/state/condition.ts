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

/** The parameter of a condition. `reserved` are names that mean something else: such a field bears its operator. */
export function formatCondition(condition: Condition, reserved?: ReadonlySet<string>): Params[number] {
  const { field, operator, values } = condition;
  if (operator === 'in' || operator === 'nin') return [`${field}__${operator}`, joinList(values)];
  const bare = operator === 'eq' && !reserved?.has(field);
  return [bare ? field : `${field}__${operator}`, values[0] ?? ''];
}

/** The values that a field is chosen by. */
export function chosen(conditions: Condition[], field: string): string[] {
  return conditions.filter((c) => c.field === field && (c.operator === 'eq' || c.operator === 'in')).flatMap((c) => c.values);
}

/** The conditions with the field chosen by these values alone; none: not by that field. */
export function choose(conditions: Condition[], field: string, values: string[]): Condition[] {
  const others = conditions.filter((c) => c.field !== field);
  const [first] = values;
  if (first === undefined) return others;
  return [...others, values.length === 1 ? { field, operator: 'eq', values } : { field, operator: 'in', values }];
}

/** The conditions with one value of the field chosen, or not any more. */
export function toggle(conditions: Condition[], field: string, value: string): Condition[] {
  const values = chosen(conditions, field);
  return choose(conditions, field, values.includes(value) ? values.filter((v) => v !== value) : [...values, value]);
}

/** The conditions with the field between two bounds, both included. */
export function between(conditions: Condition[], field: string, low: string, high: string): Condition[] {
  return [...conditions.filter((c) => c.field !== field), { field, operator: 'gte', values: [low] }, { field, operator: 'lte', values: [high] }];
}
