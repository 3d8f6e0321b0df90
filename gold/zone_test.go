package gold

import (
	"testing"
	"time"
)

// The instants are those that Python's zoneinfo and java.time.ZonedDateTime.of give, fold 0.
func TestLocalTimesOfAZone(t *testing.T) {
	for _, c := range []struct{ zone, local, want string }{
		{"Europe/Paris", "2025-07-01T00:30:00", "2025-06-30T22:30:00Z"},
		{"Europe/Paris", "2025-01-01T00:30:00", "2024-12-31T23:30:00Z"},
		{"Europe/Paris", "2025-03-30T01:59:59.999", "2025-03-30T00:59:59.999Z"},
		{"Europe/Paris", "2025-03-30T02:30:00", "2025-03-30T01:30:00Z"}, // skipped
		{"Europe/Paris", "2025-03-30T03:00:00", "2025-03-30T01:00:00Z"},
		{"Europe/Paris", "2025-10-26T01:59:00", "2025-10-25T23:59:00Z"},
		{"Europe/Paris", "2025-10-26T02:30:00", "2025-10-26T00:30:00Z"}, // the first of two
		{"Europe/Paris", "2025-10-26T03:00:00", "2025-10-26T02:00:00Z"},
		{"Europe/Paris", "1900-01-01T00:00:00", "1899-12-31T23:50:39Z"}, // before zones
		{"Europe/Paris", "0001-01-01T00:09:21", "0001-01-01T00:00:00Z"},
		{"Europe/Paris", "9999-12-31T23:59:59", "9999-12-31T22:59:59Z"},
		{"America/New_York", "2025-11-02T01:30:00", "2025-11-02T05:30:00Z"}, // the first of two
		{"America/New_York", "2025-03-09T02:30:00", "2025-03-09T07:30:00Z"}, // skipped
		{"Australia/Lord_Howe", "2025-10-05T02:15:00", "2025-10-04T15:45:00Z"},
		{"Australia/Lord_Howe", "2025-04-06T01:45:00", "2025-04-05T14:45:00Z"},
		{"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"}, // a day that was left out
		{"Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z"},
		{"Europe/Paris", "2040-12-31T12:00:00", "2040-12-31T11:00:00Z"}, // the last day of a leap year
		{"Pacific/Auckland", "2072-12-31T12:00:00", "2072-12-30T23:00:00Z"},
		{"Asia/Kolkata", "2025-07-01T00:00:00", "2025-06-30T18:30:00Z"},
	} {
		zone, err := NewZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		local, err := ParseValue(Time, 0, c.local)
		if err != nil {
			t.Fatal(err)
		}
		// Twice: the second time from what it remembers.
		for range 2 {
			if got := NewTime(zone.Instant(local.Int())).String(); got != c.want {
				t.Errorf("%s in %s is %s, want %s", c.local, c.zone, got, c.want)
			}
		}
	}
}

func TestEveryInstantOfAZoneIsFoundByItsLocalTime(t *testing.T) {
	for _, name := range []string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"} {
		zone, err := NewZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for instant := time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC); instant.Year() < 2026; instant = instant.Add(907 * time.Second) {
			_, offset := instant.In(zone.location).Zone()
			local := instant.UnixMilli() + int64(offset)*1000
			got := time.UnixMilli(zone.Instant(local))
			_, other := got.In(zone.location).Zone()
			// Where the local time is another instant's too, the answer is the first one.
			if !got.Equal(instant) && (got.After(instant) || got.UnixMilli()+int64(other)*1000 != local) {
				t.Fatalf("%s: %s gives %s", name, instant, got)
			}
		}
	}
}

func TestUnknownZonesAreRefused(t *testing.T) {
	for _, name := range []string{"Mars/Olympus", "", "Local", "right/Europe/Paris", "../etc/passwd", "+02:00"} {
		if _, err := NewZone(name); err == nil {
			t.Errorf("%q is a zone", name)
		}
	}
	if zone, err := NewZone("UTC"); zone != nil || err != nil {
		t.Error("UTC needs no zone", zone, err)
	}
}
