import { ActionIcon, Box, ColorSwatch, Group, ScrollArea, Table, Text, Tooltip, useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { IconChartLine, IconTable } from '@tabler/icons-react';
import { LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useMemo, useRef, useState } from 'react';
import { binaryAxis, type ChartSeries, summaryOf, tableOf } from './chartData';
import { instant } from './format';

echarts.use([LineChart, GridComponent, TooltipComponent, MarkLineComponent, CanvasRenderer]);

// Told apart by those who see colours differently, and with 3:1 on both backgrounds.
const palette = { light: ['#0b7285', '#d9480f', '#5f3dc4', '#2b8a3e'], dark: ['#3bc9db', '#ff922b', '#b197fc', '#69db7c'] };
const ink = { light: { text: '#5c636a', grid: '#e9ecef', mark: '#868e96' }, dark: { text: '#a6a7ab', grid: '#343a40', mark: '#909296' } };

interface Props {
  title: string;
  series: readonly ChartSeries[];
  /** How a value is written, for example `bytes`. */
  format: (value: number) => string;
  /** The ends of the time axis, ms since 1970; by default those of the points. */
  from?: number;
  to?: number;
  /** The end of the value axis, where it is known (100 for percent). */
  max?: number;
  /** Values are counts of bytes: lines at multiples of 1024. */
  binary?: boolean;
  height?: number;
  /** A moment to mark, for example the one a page is shown as of. */
  mark?: number;
}

/** Lines over time: drawn, summed up in words for screen readers, and as a table on demand. Its parts are built without inline markup, as the page's policy wants. */
export function Chart({ title, series, format, from, to, max, binary, height = 160, mark }: Props) {
  const [asTable, setAsTable] = useState(false);
  const scheme = useComputedColorScheme('light');
  const colors = palette[scheme];
  const empty = series.every(s => s.points.length === 0);
  return (
    <Box component="figure" m={0} miw={0}>
      <Group justify="space-between" wrap="nowrap" gap="xs" mb={4}>
        <Group gap="sm" component="figcaption">
          <Text size="sm" fw={600}>
            {title}
          </Text>
          {series.length > 1 &&
            series.map((s, i) => (
              <Group key={s.name} gap={5} wrap="nowrap">
                <ColorSwatch size={9} color={colors[i % colors.length]!} withShadow={false} aria-hidden />
                <Text size="xs" c="dimmed">
                  {s.name}
                </Text>
              </Group>
            ))}
          <VisuallyHidden>{summaryOf(series, format)}</VisuallyHidden>
        </Group>
        <Tooltip label={asTable ? 'As a chart' : 'As a table'}>
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={() => setAsTable(!asTable)} aria-label={asTable ? `${title} as a chart` : `${title} as a table`}>
            {asTable ? <IconChartLine size={15} /> : <IconTable size={15} />}
          </ActionIcon>
        </Tooltip>
      </Group>
      {empty ? (
        <Group h={height} justify="center">
          <Text size="sm" c="dimmed">
            Nothing was measured in this time.
          </Text>
        </Group>
      ) : asTable ? (
        <Figures series={series} format={format} height={height} />
      ) : (
        <Lines series={series} format={format} from={from} to={to} max={max} binary={binary} height={height} mark={mark} scheme={scheme} />
      )}
    </Box>
  );
}

function Figures({ series, format, height }: Pick<Props, 'series' | 'format'> & { height: number }) {
  return (
    <ScrollArea h={height} tabIndex={0}>
      <Table verticalSpacing={2} className="tabular" fz="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>At</Table.Th>
            {series.map(s => (
              <Table.Th key={s.name} ta="right">
                {s.name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tableOf(series)
            .slice(0, 300)
            .map(row => (
              <Table.Tr key={row.at}>
                <Table.Td>{instant(new Date(row.at).toISOString())}</Table.Td>
                {row.values.map((v, i) => (
                  <Table.Td key={i} ta="right">
                    {v === null ? '–' : format(v)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}

function Lines({ series, format, from, to, max, binary, height, mark, scheme }: Omit<Props, 'title'> & { height: number; scheme: 'light' | 'dark' }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const option = useMemo(() => optionOf({ series, format, from, to, max, binary, mark }, scheme), [series, format, from, to, max, binary, mark, scheme]);
  useEffect(() => {
    const made = echarts.init(box.current!, null, { renderer: 'canvas' });
    chart.current = made;
    const sized = new ResizeObserver(() => made.resize());
    sized.observe(box.current!);
    return () => {
      sized.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);
  return <Box ref={box} h={height} w="100%" aria-hidden data-chart />;
}

function optionOf({ series, format, from, to, max, binary, mark }: Pick<Props, 'series' | 'format' | 'from' | 'to' | 'max' | 'binary' | 'mark'>, scheme: 'light' | 'dark') {
  const { text, grid, mark: markColor } = ink[scheme];
  const colors = palette[scheme];
  const lines = max !== undefined ? { max, interval: max / 4 } : binary ? binaryAxis(Math.max(1, ...series.flatMap(s => s.points.map(p => p[1] ?? 0)))) : {};
  return {
    animation: false,
    color: colors,
    grid: { left: 4, right: 10, top: 8, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: 0,
      backgroundColor: scheme === 'dark' ? '#25262b' : '#fff',
      borderColor: grid,
      padding: [6, 9],
      textStyle: { color: scheme === 'dark' ? '#c9c9c9' : '#212529', fontSize: 12 },
      formatter: (hits: { value: [number, number | null]; seriesName: string }[]) => tooltip(hits, format),
    },
    xAxis: { type: 'time', min: from, max: to, axisLine: { lineStyle: { color: grid } }, axisTick: { show: false }, axisLabel: { color: text, fontSize: 11, hideOverlap: true }, splitLine: { show: false } },
    yAxis: { type: 'value', min: 0, splitNumber: 3, ...lines, axisLabel: { color: text, fontSize: 11, formatter: (value: number) => format(value).replace('.0 ', ' ') }, splitLine: { lineStyle: { color: grid } } },
    series: series.map((s, i) => ({
      type: 'line',
      name: s.name,
      data: s.points,
      showSymbol: s.points.length < 2,
      connectNulls: false,
      lineStyle: { width: 1.6 },
      areaStyle: i === 0 ? { opacity: 0.1 } : undefined,
      markLine:
        mark !== undefined && i === 0
          ? { silent: true, symbol: 'none', animation: false, label: { show: false }, lineStyle: { color: markColor, type: 'dashed', width: 1 }, data: [{ xAxis: mark }] }
          : undefined,
    })),
  };
}

// Made of nodes, not of text that is parsed: the page's policy allows no style attributes, and names of VMs are never markup.
function tooltip(hits: { value: [number, number | null]; seriesName: string }[], format: (value: number) => string): HTMLElement {
  const box = document.createElement('div');
  const line = (words: string) => box.appendChild(document.createElement('div')).append(words);
  if (hits[0]) {
    line(instant(new Date(hits[0].value[0]).toISOString()));
  }

  hits.forEach(hit => line(`${hit.seriesName}: ${hit.value[1] === null ? '–' : format(hit.value[1])}`));
  return box;
}
