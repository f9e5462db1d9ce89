"use client";

import { Tabs as BaseTabs } from "@base-ui/react/tabs";
import { useState, useSyncExternalStore, type ReactNode } from "react";
import { useRemembered } from "@/components/ui/use-remembered";

type Tab = { id: string; label: ReactNode; content: ReactNode };

type TabsProps = {
  /** Said to screen readers. */
  label: string;
  tabs: readonly Tab[];
  /** The name under which this browser keeps the choice; all tabs with the same name change together. */
  remember?: string;
  /** Shown first when nothing is remembered. */
  defaultTab?: string;
};

export function Tabs({ remember, ...props }: TabsProps) {
  return remember === undefined ? <PlainTabs {...props} /> : <RememberedTabs {...props} remember={remember} />;
}

function PlainTabs(props: Omit<TabsProps, "remember">) {
  const [chosen, setChosen] = useState(props.defaultTab ?? props.tabs[0]?.id ?? "");
  return <TabsView {...props} chosen={chosen} onChosen={setChosen} />;
}

function RememberedTabs({ remember, ...props }: Omit<TabsProps, "remember"> & { remember: string }) {
  const fallback = props.defaultTab ?? props.tabs[0]?.id ?? "";
  const [kept, keep] = useRemembered(remember, fallback);
  const isFromServer = useSyncExternalStore(
    never,
    () => false,
    () => true,
  );
  const chosen = props.tabs.some(({ id }) => id === kept) ? kept : fallback;
  return (
    <div>
      <TabsView {...props} chosen={chosen} onChosen={keep} />
      {isFromServer && <script dangerouslySetInnerHTML={{ __html: chooseBeforePaint(remember) }} suppressHydrationWarning />}
    </div>
  );
}

type ViewProps = Omit<TabsProps, "remember"> & { chosen: string; onChosen: (id: string) => void };

function TabsView({ label, tabs, chosen, onChosen }: ViewProps) {
  return (
    <BaseTabs.Root value={chosen} onValueChange={(value) => onChosen(String(value))} data-tabs="">
      <div className="overflow-x-auto overflow-y-hidden border-b border-line">
        <BaseTabs.List aria-label={label} activateOnFocus className="flex w-max gap-1">
          {tabs.map((tab) => (
            <BaseTabs.Tab
              key={tab.id}
              value={tab.id}
              data-tab={tab.id}
              suppressHydrationWarning
              className="min-h-target border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap text-muted outline-offset-[-2px] hover:text-ink aria-selected:border-accent aria-selected:text-ink"
            >
              {tab.label}
            </BaseTabs.Tab>
          ))}
        </BaseTabs.List>
      </div>
      {tabs.map((tab) => (
        <BaseTabs.Panel key={tab.id} value={tab.id} data-panel={tab.id} keepMounted suppressHydrationWarning className="pt-4">
          {tab.content}
        </BaseTabs.Panel>
      ))}
      {/* Where scripts are off, nothing can choose: all of them are shown. */}
      <noscript>
        <style>{"[data-panel][hidden]{display:block}"}</style>
      </noscript>
    </BaseTabs.Root>
  );
}

const never = () => () => {};

/** Runs right after the markup of the tabs has arrived: the remembered one is the first that is painted. */
function chooseBeforePaint(key: string): string {
  const quoted = JSON.stringify(key).replaceAll("<", "\\u003c");
  return `try{(function(r,v){if(v===null||![].some.call(r.querySelectorAll("[data-tab]"),function(t){return t.dataset.tab===v}))return;r.querySelectorAll("[data-tab]").forEach(function(t){t.setAttribute("aria-selected",String(t.dataset.tab===v))});r.querySelectorAll("[data-panel]").forEach(function(p){p.hidden=p.dataset.panel!==v})})(document.currentScript.parentElement,localStorage.getItem(${quoted}))}catch(e){}`;
}
