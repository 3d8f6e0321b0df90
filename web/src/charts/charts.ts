// The chart library, of which only what widgets draw is taken. It is a file of its own (charts.js), loaded by the first
// chart that needs it.
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { AriaComponent, BrushComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { init, use as register } from 'echarts/core';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';

register([AriaComponent, BarChart, BrushComponent, CanvasRenderer, GridComponent, LineChart, SVGRenderer, ScatterChart, TooltipComponent]);

export { init };
