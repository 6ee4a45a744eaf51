package schedule

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones must be known on images without zoneinfo files
)

//go:generate go run zones_generate.go

// zoneList holds the names of the embedded tzdata, one a line, sorted.
//
//go:embed zones.txt
var zoneList string

var zoneNames = strings.Fields(zoneList)

// loaded keeps zones that were read, as each has some kilobytes and a thousand entries share one.
var loaded sync.Map // string to *time.Location

// Zones gives the names LoadZone accepts, sorted.
func Zones() []string {
	return slices.Clone(zoneNames)
}

// LoadZone gives the zone of an IANA name such as "Europe/Madrid". Other than time.LoadLocation it refuses "" and "Local",
// which mean something else on every machine, and names that only some machines know ("right/Europe/Madrid", or
// "europe/madrid" on a file system that ignores case). The error says what to write, with near names if there are any.
func LoadZone(name string) (*time.Location, error) {
	const write = `write an IANA name such as "Europe/Madrid" or "UTC"`
	switch {
	case name == "":
		return nil, fmt.Errorf("no time zone is set: %s", write)
	case strings.EqualFold(name, "local"):
		return nil, fmt.Errorf("%s depends on the machine: %s", quote(name), write)
	}
	if _, known := slices.BinarySearch(zoneNames, name); !known {
		if near := nearZones(name); len(near) > 0 {
			return nil, fmt.Errorf("%s is not a time zone: did you mean %s?", quote(name), strings.Join(near, ", "))
		}
		if strings.ContainsAny(name, "+-0123456789") {
			return nil, fmt.Errorf("%s is not a time zone: offsets know no daylight saving; %s", quote(name), write)
		}
		return nil, fmt.Errorf("%s is not a time zone: %s", quote(name), write)
	}
	if loc, ok := loaded.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %s cannot be read: %w", quote(name), err)
	}
	loaded.Store(name, loc)
	return loc, nil
}

// nearZones proposes up to three zones for a misspelt name: by the whole name, or by the city alone.
func nearZones(name string) []string {
	const longest = 40
	if len(name) > longest {
		return nil
	}
	written := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", "_"))
	city, hasRegion := cutLast(written)

	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, zone := range zoneNames {
		lower := strings.ToLower(zone)
		zoneCity, _ := cutLast(lower)
		distance := editDistance(written, lower)
		if !hasRegion {
			distance = min(distance, editDistance(city, zoneCity))
		} else if len(city) > 3 && city == zoneCity {
			distance = min(distance, 1) // the right city in the wrong region
		}
		if allowed := min(3, len(written)/4); distance <= allowed {
			near = append(near, candidate{name: `"` + zone + `"`, distance: distance})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.distance - b.distance })
	var names []string
	for _, c := range near {
		if len(names) == 3 || c.distance > near[0].distance+1 {
			break
		}
		names = append(names, c.name)
	}
	return names
}

// cutLast gives the last part of a zone name, the city, and whether there is a part before it.
func cutLast(name string) (city string, found bool) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[i+1:], true
	}
	return name, false
}

// editDistance is Levenshtein's, with two swapped neighbours counted as one slip ("Madird").
func editDistance(a, b string) int {
	var before []int
	previous, current := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, make([]int, len(b)+1)
	}
	return previous[len(b)]
}
