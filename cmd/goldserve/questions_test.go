package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// sampleQuestion is what a client may ask, with its answer: rows (or one row) as data, or the figures of /kpis.
type sampleQuestion struct {
	URL     string          `json:"url"`
	Data    json.RawMessage `json:"data"`
	Figures json.RawMessage `json:"figures"`
}

// questionsOf reads the questions of a lake; some lakes have none.
func questionsOf(t *testing.T, lake string) []sampleQuestion {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(lake, "questions.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var questions []sampleQuestion
	if err == nil {
		err = json.Unmarshal(data, &questions)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(questions) != 38 {
		t.Fatalf("%s: %d questions, want 38", lake, len(questions))
	}
	return questions
}

// checkQuestion asks one question and returns the body of the answer.
func checkQuestion(t *testing.T, server string, q sampleQuestion) []byte {
	t.Helper()
	status, body := get(t, server, q.URL)
	if status != http.StatusOK {
		t.Errorf("GET %s: %d %s", q.URL, status, body)
		return body
	}
	envelope := decode(t, body).(map[string]any)
	want, got := q.Data, envelope["data"]
	if q.Figures != nil {
		delete(envelope, "meta")
		want, got = q.Figures, any(envelope)
	}
	for _, difference := range differences("", decode(t, want), got) {
		t.Errorf("GET %s: %s", q.URL, difference)
	}
	return body
}

func TestQuestionsAreAnsweredByTheSmallestDerivedDataset(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		publishSample(t, p)
		server := served(t, p)
		for _, q := range []struct{ url, by string }{
			{"/kpis?pays=France&mois__gte=2025-06", "clients_by_month"},
			{"/kpis?segment_label=VIP&date_achat=2025-06", "clients_by_month"},
			{"/kpis?date_achat__gte=2025-06-05&date_achat__lt=2025-07-11", "clients_by_day"},
			{"/monthly?segment_label=VIP", "clients_by_month"},
			{"/cohort?annee=2025", "clients_by_month"},
			{"/weekly?pays=France", "clients_by_day"},
			{"/by_product?pays=France", "products_by_month"},
			{"/datasets/fact_achats/values/produit?mois=2025-06", "products_by_month"},
			{"/datasets/fact_achats/aggregate?group_by=date_achat.month,pays&measures=total_ca,total_clients&annee=2025", "clients_by_month"},
			{"/monthly?date_achat__gte=2025-06-05T12:00:00Z", "fact_achats"},
		} {
			_, body := get(t, server.URL, q.url)
			answer := decode(t, body).(map[string]any)
			if by := answer["meta"].(map[string]any)["answered_by"]; by != q.by {
				t.Errorf("%s is answered by %v, want %s", q.url, by, q.by)
			}
			// A condition that every fact keeps, and that the facts alone have.
			_, body = get(t, server.URL, q.url+"&montant__gte=0")
			facts := decode(t, body).(map[string]any)
			delete(answer, "meta")
			delete(facts, "meta")
			for _, unfiltered := range []string{"expected_total", "value_at_risk_total"} { // they have no amount
				delete(answer, unfiltered)
				delete(facts, unfiltered)
			}
			if len(answer) == 0 {
				t.Errorf("%s: no answer", q.url)
			}
			for _, difference := range differences("", facts, answer) {
				t.Errorf("%s: %s", q.url, difference)
			}
		}
	})
}

// firstDaysURL asks what the clients of each month of a first purchase buy in the 30 days from it on.
const firstDaysURL = "/datasets/fact_achats/aggregate?group_by=cohort:first_purchase.month,age:date_achat.age(first_purchase,30d)&measures=ca:sum(montant),clients:count_distinct(id_client)&age=0"

// firstDays are the answers by lake, for each client and to the unit, as pandas has them.
var firstDays = map[string]string{
	"retail": "[690 556 442 478 432 462 432 433 545 565 546 456 660]",
	"sample": "[693 486 432 543 406 533 429 494 495 489 645 635 490 679 555 672 479 620 509 644 531 428 455 680 254]",
}

func checkFirstDays(t *testing.T, server, want string) []byte {
	t.Helper()
	_, body := get(t, server, firstDaysURL)
	var answer struct {
		Data []struct{ CA, Clients float64 }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var perClient []int
	for _, row := range answer.Data {
		perClient = append(perClient, int(math.Round(row.CA/row.Clients)))
	}
	if got := fmt.Sprint(perClient); got != want {
		t.Errorf("the first 30 days of the cohorts are %s, want %s", got, want)
	}
	return body
}
