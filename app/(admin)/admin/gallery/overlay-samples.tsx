"use client";

import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { LONG_TEXT, Sample, SampleGroup } from "@/app/(admin)/admin/gallery/sample";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Dialog, DialogActions, DialogClose } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Menu } from "@/components/ui/menu";
import { Sheet } from "@/components/ui/sheet";
import { toast } from "@/components/ui/toast";
import { Tooltip } from "@/components/ui/tooltip";

export function OverlaySamples({ theme }: { theme: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <SampleGroup title="Above the page (in the theme of the page)">
      <Sample state="Dialog, confirmation with and without a word, sheet" row>
        <Dialog title="Create an API key" description="It is shown once." trigger={<Button>Open the dialog</Button>}>
          <Field name={`${theme}-key-name`} label="Name" hint="For example after the machine." />
          <DialogActions>
            <DialogClose>Cancel</DialogClose>
            <Button look="primary">Create</Button>
          </DialogActions>
        </Dialog>
        <ConfirmDialog
          trigger={<Button look="danger">Delete with a word</Button>}
          title="Delete the lane?"
          description="Its sign-in is ended and its container removed. This cannot be undone."
          word="my laptop"
          confirm="Delete my laptop"
          action={async () => ({ ok: true })}
        />
        <ConfirmDialog
          trigger={<Button>Refused</Button>}
          title={LONG_TEXT}
          description="The answer of the server stays in the dialog."
          confirm={LONG_TEXT}
          action={async () => ({ ok: false, message: "The lane is used by a request that is running. Try again in a minute." })}
        />
        <Button onClick={() => setOpen(true)}>Open the sheet</Button>
        <Sheet title="req_0199a2" open={isOpen} onOpenChange={setOpen}>
          <p className="text-sm">{LONG_TEXT}</p>
        </Sheet>
      </Sample>
      <Sample state="Menu, tooltip, toasts" row>
        <Menu
          label={`More, ${theme}`}
          trigger={
            <Button look="quiet" className="w-target px-0">
              <Ellipsis aria-hidden size={18} />
            </Button>
          }
          items={[
            [
              { label: "Options", href: "/admin/gallery" },
              { label: "Not now", onSelect: () => toast("Not now"), disabled: true },
            ],
            [{ label: "Revoke", onSelect: () => toast("Revoked"), danger: true }],
          ]}
        />
        <Tooltip words="A word more about it">
          <Button>Hover or focus me</Button>
        </Tooltip>
        <Button onClick={() => toast.success("Saved")}>Good news</Button>
        <Button onClick={() => toast.error("Not saved", { description: LONG_TEXT })}>Bad news</Button>
      </Sample>
    </SampleGroup>
  );
}
