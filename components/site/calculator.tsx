"use client";

import { useState } from "react";
import { CalculatorForm } from "@/components/site/calculator-form";
import { CalculatorResult } from "@/components/site/calculator-result";
import { ExportReader } from "@/components/site/export-reader";
import { queryFromFields, readCalculatorFields, type CalculatorFields } from "@/lib/site/calculator-query";
import { comparePlans } from "@/lib/site/compare-plans";
import { PLAN_TIERS } from "@/lib/site/plan-tiers";

/** Computed here as one types, and on the server for whoever has no script: the address says all that is in the fields. */
export function Calculator({ initial, defaults }: { initial: CalculatorFields; defaults: CalculatorFields }) {
  const [fields, setFields] = useState(initial);
  const { terms, rates, problems } = readCalculatorFields(fields, PLAN_TIERS);

  function change(name: string, text: string) {
    const next = { ...fields, [name]: text };
    setFields(next);
    const query = queryFromFields(next, defaults);
    window.history.replaceState(null, "", query === "" ? window.location.pathname : `?${query}`);
  }

  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-8 lg:grid-cols-[21rem_minmax(0,1fr)] lg:grid-rows-[auto_1fr]">
      <CalculatorForm fields={fields} defaults={defaults} problems={problems} onChange={change} />
      <div className="lg:col-start-2 lg:row-span-2 lg:row-start-1">
        <CalculatorResult terms={terms} comparison={terms && comparePlans(terms)} />
      </div>
      <ExportReader rates={rates} onRead={(bill) => change("bill", bill)} />
    </div>
  );
}
