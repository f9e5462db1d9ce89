"use client";

import {
  closestCenter,
  DndContext,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
  type Announcements,
  type DragEndEvent,
  type UniqueIdentifier,
} from "@dnd-kit/core";
import { arrayMove, SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { GripVertical } from "lucide-react";
import { useId, useOptimistic, useState, useTransition, type CSSProperties, type ReactNode } from "react";
import { setLaneOrderAction } from "@/app/(dashboard)/dashboard/lanes/actions";
import type { LaneView } from "@/lib/lanes/read";

/** What an item needs to be moved: where it hangs, how it stands while it is dragged, and by what it is taken. */
export type Sorting = {
  hang: (element: HTMLElement | null) => void;
  style: CSSProperties;
  isDragged: boolean;
  handle: ReactNode;
};

/** So many pixels make a drag: less is a tap. */
const DRAG_PX = 6;
const INSTRUCTIONS =
  "To move a lane press the space bar, then the up and down arrow keys; space again puts it down, and Escape puts it back where it was.";

type Props = { lanes: readonly LaneView[]; children: (lane: LaneView, sorting: Sorting) => ReactNode };

/** Dragged by mouse or finger, or carried with the keyboard. The buttons of each item do the same without any of it. */
export function SortableLanes({ lanes, children }: Props) {
  const [ids, showOrder] = useOptimistic(lanes.map(({ id }) => id));
  const [refusal, setRefusal] = useState<string | null>(null);
  const [, startTransition] = useTransition();
  const contextId = useId();
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: DRAG_PX } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const labelOf = (id: UniqueIdentifier) => lanes.find((lane) => lane.id === id)?.label ?? "The lane";

  function save({ active, over }: DragEndEvent) {
    if (!over || over.id === active.id) return;
    const order = arrayMove(ids, ids.indexOf(String(active.id)), ids.indexOf(String(over.id)));
    startTransition(async () => {
      showOrder(order);
      const form = new FormData();
      form.set("order", order.join(" "));
      const answer = await setLaneOrderAction(null, form);
      setRefusal(answer?.ok === false ? answer.message : null);
    });
  }

  const place = (id: UniqueIdentifier) => `number ${ids.indexOf(String(id)) + 1} of ${ids.length}`;
  const lifted = (id: UniqueIdentifier) => `${labelOf(id)} is lifted, from ${place(id)}.`;
  const announcements: Announcements = {
    onDragStart: ({ active }) => lifted(active.id),
    // It is over its own place first of all: the same words then, or these would take the place of those of the start.
    onDragOver: ({ active, over }) =>
      over === null || over.id === active.id ? lifted(active.id) : `${labelOf(active.id)} would be ${place(over.id)}.`,
    onDragEnd: ({ active, over }) => `${labelOf(active.id)} is put down as ${place(over?.id ?? active.id)}.`,
    onDragCancel: ({ active }) => `${labelOf(active.id)} stays ${place(active.id)}.`,
  };
  const sorted = ids.flatMap((id) => lanes.find((lane) => lane.id === id) ?? []).map((lane, index) => ({ ...lane, position: index + 1 }));
  return (
    <DndContext
      id={contextId}
      sensors={sensors}
      collisionDetection={closestCenter}
      onDragEnd={save}
      accessibility={{ announcements, screenReaderInstructions: { draggable: INSTRUCTIONS } }}
    >
      {refusal && (
        <p role="alert" className="text-sm text-bad">
          {refusal}
        </p>
      )}
      <SortableContext items={ids} strategy={verticalListSortingStrategy}>
        <ol className="grid gap-3" aria-label="Lanes in their order">
          {sorted.map((lane) => (
            <SortableLane key={lane.id} lane={lane} isAlone={lanes.length < 2}>
              {children}
            </SortableLane>
          ))}
        </ol>
      </SortableContext>
    </DndContext>
  );
}

function SortableLane({ lane, isAlone, children }: { lane: LaneView; isAlone: boolean; children: Props["children"] }) {
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({ id: lane.id });
  const handle = isAlone ? null : (
    <button
      type="button"
      ref={setActivatorNodeRef}
      {...attributes}
      {...listeners}
      aria-label={`Drag ${lane.label} to another place`}
      className="needs-script grid size-target cursor-grab touch-none place-items-center rounded-md text-muted hover:text-ink active:cursor-grabbing"
    >
      <GripVertical aria-hidden size={18} />
    </button>
  );
  const style = { transform: transform ? `translate3d(0, ${Math.round(transform.y)}px, 0)` : undefined, transition };
  return children(lane, { hang: setNodeRef, style, isDragged: isDragging, handle });
}
