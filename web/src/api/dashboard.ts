// What `GET ../dashboard` answers: what the model is, how it is labelled, and which widget stands where. The page is made
// from it and knows no dataset, field or metric by name. The types are those of the API's description (schema.d.ts, made
// by `make types`); here they have the names that the page calls them by.

import type { components } from './schema';

type Schemas = components['schemas'];

export type Lang = 'en' | 'fr';
/** A text in the languages that its author wrote: at least one. */
export type Texts = Partial<Record<Lang, string>> & Readonly<Record<string, string | undefined>>;

export type Dashboard = Schemas['Dashboard'];
export type Metric = Schemas['DashboardMetric'];
export type Dataset = Schemas['Dataset'];
/** One line of /datasets. */
export type DatasetItem = Schemas['DatasetItem'];
export type Field = Schemas['Field'];
/** A field of another dataset by which this one can be filtered. */
export type ReachedField = Schemas['ReachedField'];
/** How a figure or a value is named and written. */
export type Doc = Pick<Field, 'label' | 'description' | 'unit' | 'format' | 'value_labels'>;

export type Layout = Schemas['Layout'];
export type Mark = Schemas['LayoutMark'];
/** A page that lists the rows of a dataset, at `./{id}`, and shows one of them at `./{id}/{key}`. */
export type TablePage = Schemas['LayoutTable'];

export type WidgetSpec = Schemas['Widget'];
export type KPIsWidget = Schemas['KpisWidget'];
export type TrendWidget = Schemas['TrendWidget'];
export type SharesWidget = Schemas['SharesWidget'];
export type RankingWidget = Schemas['RankingWidget'];
export type TopWidget = Schemas['TopWidget'];
export type ListWidget = Schemas['ListWidget'];
export type ScatterWidget = Schemas['ScatterWidget'];
export type CohortsWidget = Schemas['CohortsWidget'];
export type TriangleWidget = Schemas['TriangleWidget'];
export type BinsWidget = Schemas['BinsWidget'];
export type ConcentrationWidget = Schemas['ConcentrationWidget'];
