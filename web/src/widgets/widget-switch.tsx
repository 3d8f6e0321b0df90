import type { WidgetSpec } from '../api/dashboard';
import { Bins } from './bins';
import { Cohort } from './cohort';
import { Concentration } from './concentration';
import { KPICards } from './kpi-cards';
import { List } from './list';
import { Ranking } from './ranking';
import { Scatter } from './scatter';
import { Shares } from './shares';
import { Trend } from './trend';
import { Triangle } from './triangle';

/** The widget that the layout asks for. */
export function WidgetSwitch({ widget }: { widget: WidgetSpec }) {
  switch (widget.type) {
    case 'kpis':
      return <KPICards widget={widget} />;
    case 'trend':
      return <Trend widget={widget} />;
    case 'shares':
      return <Shares widget={widget} />;
    case 'ranking':
    case 'top':
      return <Ranking widget={widget} />;
    case 'list':
      return <List widget={widget} />;
    case 'scatter':
      return <Scatter widget={widget} />;
    case 'cohorts':
      return <Cohort widget={widget} />;
    case 'triangle':
      return <Triangle widget={widget} />;
    case 'bins':
      return <Bins widget={widget} />;
    case 'concentration':
      return <Concentration widget={widget} />;
  }
}
