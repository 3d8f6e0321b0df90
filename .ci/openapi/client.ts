// A client of the sample, with types generated from its description: it compiles, and it gets what the types promise.
import createClient from "openapi-fetch";
import type { paths } from "./goldserve.js";

const api = createClient<paths, "application/json" | "application/problem+json">({
  baseUrl: process.argv[2],
  querySerializer: { array: { style: "form", explode: false } }, // lists are a,b
});

const { data: months, error, response } = await api.GET("/monthly", {
  params: { query: { pays: "France", mois__in: ["2025-10", "2025-11"], fields: ["mois", "ca"], sort: ["-ca"] } },
});
if (error) throw new Error(`${error.code}: ${error.detail}`);
const release = months.meta.release;
const revenue: number = months.data.reduce((sum, row) => sum + (row.ca ?? 0), 0);

const { data: kpis } = await api.GET("/kpis", { params: { query: { pays: "France", release } } });
const basket: number | null | undefined = kpis?.panier_moyen;

const { data: asked } = await api.POST("/query", {
  body: { dataset: "fact_achats", group_by: ["pays"], measures: ["ca:sum(montant)"], or: [{ pays__in: ["France", "Belgique"] }, { montant__gte: 1e9 }], release: release! },
});

const { error: refused } = await api.GET("/scores", {
  // @ts-expect-error -- there is no such segment, and the types know
  params: { query: { segment_label: "A relance" } },
});

if (months.data.length !== 2 || revenue <= 0 || asked?.data.length !== 2 || !basket || !response.headers.get("ETag") || refused?.errors?.[0]?.did_you_mean !== "A relancer") {
  throw new Error(JSON.stringify({ months, kpis, asked, refused }));
}
console.log(`${release}: ${revenue.toFixed(2)} in ${months.data.length} months, ${basket.toFixed(2)} a basket`);
