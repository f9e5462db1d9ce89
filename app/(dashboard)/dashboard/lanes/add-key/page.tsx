import type { Metadata } from "next";
import { AddKeyForm } from "@/app/(dashboard)/dashboard/lanes/add-key/add-key-form";
import { requireViewer } from "@/app/_server/session";
import { isSimulated } from "@/app/_server/simulated";
import { BackLink } from "@/components/ui/back-link";
import { Banner } from "@/components/ui/banner";
import { Card } from "@/components/ui/card";
import { simulatedUpstreams } from "@/lib/providers/simulated-upstreams";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Add an API key" };

const OPENAI = "https://api.openai.com/v1";

export default async function AddKeyPage() {
  await requireViewer();
  const [simulator] = (await isSimulated()) ? await simulatedUpstreams(runtime().db.orm) : [];
  return (
    <div className="mx-auto grid max-w-2xl gap-4">
      <BackLink href="/dashboard/lanes">Lanes</BackLink>
      <h1 className="text-xl font-semibold">Add an API key as a lane</h1>
      {simulator && <Banner>This installation is simulated: only its own simulator can stand behind a lane, with any key.</Banner>}
      <Card
        title="Your own key"
        note="It comes before the wallet in your order, so your credit is not spent while it answers; its upstream bills you directly."
      >
        <AddKeyForm baseUrl={simulator ? `http://${simulator}/v1` : OPENAI} />
      </Card>
    </div>
  );
}
