import { useReducedMotion } from '@mantine/hooks';
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from '@xyflow/react';
import { percent } from '../../shared/format';

export type MoveEdgeData = Edge<{ vmName?: string; phase: string; percent?: number }, 'move'>;

/** A migration on its way: a line from source to destination with something that travels along it, unless the user wants no motion. */
export function MoveEdge({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data }: EdgeProps<MoveEdgeData>) {
  const [path, x, y] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const still = useReducedMotion();
  return (
    <>
      <BaseEdge path={path} className="topology-move" />
      {!still && (
        <circle r="6" className="topology-traveller">
          <animateMotion dur="1.6s" repeatCount="indefinite" path={path} />
        </circle>
      )}
      {data?.vmName && (
        <EdgeLabelRenderer>
          <div className="topology-label" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            {data.vmName} {data.percent !== undefined && <span className="tabular">{percent(data.percent)}</span>}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
