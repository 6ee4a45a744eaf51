package agenda

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
)

//go:embed page.html.tmpl
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"join": func(s []string) string { return strings.Join(s, ", ") },
	"name": func(g group) string { return g.name() },
	"time": func(g group) string { return g.clock() },
	"kind": func(g group) string { return strings.ToLower(g.shown()) },
	"state": func(g group) string {
		if shown := g.shown(); shown != Planned {
			return shown
		}
		return ""
	},
}).Parse(pageText))

// square is one day of a month on the page; a day of another month has no Date.
type square struct {
	Date time.Time
	day
}

type sheet struct {
	Month string
	Weeks [][7]square
}

// HTML writes the months of a time as a page of its own, which needs nothing but itself, with notes for people at its top.
func HTML(w io.Writer, title string, events []Event, from, to time.Time, notes ...string) error {
	byDate := map[time.Time]day{}
	for _, d := range days(events) {
		byDate[d.Date] = d
	}
	var sheets []sheet
	for _, first := range months(events, from, to) {
		s := sheet{Month: first.Format("January 2006")}
		monday := first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
		for ; monday.Before(first.AddDate(0, 1, 0)); monday = monday.AddDate(0, 0, 7) {
			var week [7]square
			for d := range 7 {
				if date := monday.AddDate(0, 0, d); date.Month() == first.Month() {
					week[d] = square{date, byDate[date]}
				}
			}
			s.Weeks = append(s.Weeks, week)
		}
		sheets = append(sheets, s)
	}
	count := fmt.Sprintf("%d publications", len(events))
	if len(events) == 1 {
		count = "1 publication"
	}
	return page.Execute(w, struct {
		Title  string
		Zones  string
		Count  string
		Notes  []string
		Sheets []sheet
		Days   []string
	}{title, strings.Join(zones(events), ", "), count, notes, sheets, []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}})
}
