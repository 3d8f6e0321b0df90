package main

import (
	"strings"
	"testing"
)

// TestSnapshotsAnswerAsTheStoreDoes asks a server with snapshots and one without.
func TestSnapshotsAnswerAsTheStoreDoes(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		publishSample(t, p)
		memory, store := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, cacheSettings: cacheSettings{AccelerateMemory: 1 << 30}}), served(t, p)
		awaitMemory(t, memory.URL)
		for path, by := range map[string]string{
			"/datasets/fact_achats/rows?montant__gte=20&sort=-montant,produit&limit=30":                                                                                         "fact_achats",
			"/datasets/fact_achats/rows?produit__contains=a&segment_label=VIP&fields=id_achat,date_achat,produit,segment_label&sort=date_achat":                                 "fact_achats",
			"/datasets/fact_achats/rows?jour=2025-06-11&count=exact":                                                                                                            "fact_achats",
			"/datasets/fact_achats/aggregate?group_by=pays,date_achat.week&measures=sum(montant),avg(montant),median(montant),count_distinct(id_client)&montant__lt=80":         "fact_achats",
			"/datasets/fact_achats/aggregate?group_by=segment_label,montant.bins(5,20,50)&measures=n:count(),max(date_achat),min(produit)&n__gte=2&sort=-n&totals=true&limit=7": "fact_achats",
			"/datasets/fact_achats/aggregate?group_by=first_purchase.month,annee&measures=avg(montant)":                                                                         "fact_achats",
			"/datasets/fact_achats/values/produit?montant__gte=10":                                                                                                              "fact_achats",
			"/monthly?pays=France&montant__gte=5":           "fact_achats",
			"/monthly?pays=France":                          "products_by_month",
			"/kpis?pays=France&mois__gte=2025-06":           "clients_by_month",
			"/scores?pays=France&sort=-prob_reachat_12m":    "client_scores",
			"/scores?last_purchase__isnull=true&limit=5":    "client_scores",
			"/datasets/dim_clients/rows?pays__startswith=f": "dim_clients",
			"/monthly": "",
		} {
			_, fromMemory := get(t, memory.URL, path)
			_, fromStore := get(t, store.URL, path)
			got, want := decode(t, fromMemory).(map[string]any), decode(t, fromStore).(map[string]any)
			answered, _ := got["meta"].(map[string]any)["answered_by"].(string)
			if by != "" {
				by += " in memory"
			}
			if answered != by {
				t.Errorf("%s is answered by %q, expected %q", path, answered, by)
			}
			for _, meta := range []any{got["meta"], want["meta"]} {
				for _, differs := range []string{"query_ms", "total_ms", "answered_by"} {
					delete(meta.(map[string]any), differs)
				}
			}
			for _, difference := range differences("", want, got) {
				t.Errorf("%s: %s", path, difference)
			}
			if strings.Contains(string(fromMemory), `"data":[]`) {
				t.Errorf("%s has no rows: nothing was compared", path)
			}
		}
	})
}

func TestMachineMemoryIsTheLowestLimit(t *testing.T) {
	if got := totalMemory([]byte("MemFree: 3 kB\nMemTotal:       24600000 kB\n")); got != 24600000<<10 {
		t.Errorf("the machine has %d", got)
	}
	if got := totalMemory([]byte("nothing")); got != unknownMemory {
		t.Errorf("a machine that doesn't tell has %d", got)
	}
	for text, want := range map[string]string{"0::/\n": "/", "1:cpu:/a\n0::/system.slice/goldserve.service\n": "/system.slice/goldserve.service", "": "/", "0::/../x\n": "/x"} {
		if got := groupOf([]byte(text), ""); got != want {
			t.Errorf("%q is of group %s, expected %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"4:memory:/docker/1\n1:cpu:/a\n0::/\n": "/docker/1", "2:cpu,memory:/a:b\n": "/a:b", "0::/x\n": "/"} {
		if got := groupOf([]byte(text), "memory"); got != want {
			t.Errorf("%q is of the memory's group %s, expected %s", text, got, want)
		}
	}
	for text, want := range map[string]int64{"max\n": 1000, "400\n": 400, "4000\n": 1000, "": 1000} {
		if got := lowerLimit(1000, []byte(text)); got != want {
			t.Errorf("limit %q of 1000: %d, expected %d", text, got, want)
		}
	}
}

func TestAccelerateMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	for value, want := range map[string]string{"": "default", "0": "0", "2GiB": "2GiB"} {
		t.Setenv("GOLDSERVE_ACCELERATE_MEMORY", value)
		out := mustCLI(t, "config", "print")
		var line string
		for l := range strings.Lines(out) {
			if strings.HasPrefix(l, "accelerate-memory ") {
				line = l
			}
		}
		if !strings.Contains(line, want) || value == "" && strings.Contains(line, " 0 ") {
			t.Errorf("%q: %s", value, line)
		}
	}
}
