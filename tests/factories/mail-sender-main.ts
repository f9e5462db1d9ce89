import pino from "pino";
import { connectDatabase } from "@/db/client";
import { loadProcessConfig } from "@/lib/config/load-config";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";
import { sendMails } from "@/workers/background/send-mails";

// Sends what is due, as a process of its own that a test may kill with a mail in hand.
const config = loadProcessConfig(process.env);
const db = connectDatabase(config.databaseUrl);
const sealer = createSealer(parseMasterKeys(config.masterKey));
await sendMails({ config, db, sealer, log: pino({ level: "silent" }) });
await db.close();
