package environment

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Location is where the platform runs.
type Location struct {
	// Region is that of all regional resources: subnet, key ring, registry.
	Region string
	// Zones are where nodes run. One zone makes a zonal cluster, several make a
	// regional one, and none makes a regional cluster in zones that GKE chooses.
	Zones []string
}

// Zonal reports whether the control plane runs in one zone only.
func (l Location) Zonal() bool { return len(l.Zones) == 1 }

// Cluster is the cluster's location: its zone, or the region.
func (l Location) Cluster() string {
	if l.Zonal() {
		return l.Zones[0]
	}
	return l.Region
}

// Zone is the provider's default zone. No resource relies on it: each sets its own
// location.
func (l Location) Zone() string {
	if len(l.Zones) > 0 {
		return l.Zones[0]
	}
	return l.Region + "-b"
}

// Source: Google Cloud, "Creating and managing projects".
var projectForm = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)

func readProject(r *reader) string {
	const key = "gcp:project"
	project := r.text(key)
	if !projectForm.MatchString(project) {
		r.report(key, r.setting(key, "your-project-id"),
			"%q is not a Google Cloud project id: write 6 to 30 lower case letters, digits and hyphens, starting with a letter", project)
	}
	return project
}

func readLocation(r *reader) Location {
	const regionKey, zonesKey = "gcp:region", "zones"
	location := Location{Region: r.text(regionKey), Zones: r.list(zonesKey, "europe-west1-b")}
	cloud := googleCloud()
	zones := cloud.zones(location.Region)
	if len(zones) == 0 {
		regions := slices.Sorted(maps.Keys(cloud.Regions))
		r.report(regionKey, r.setting(regionKey, cmp.Or(nearest(location.Region, regions), "europe-west1")),
			"%q is not a Google Cloud region in %s", location.Region, cloud.dated())
		return location
	}
	for i, zone := range location.Zones {
		switch {
		case !slices.Contains(zones, zone):
			r.report(indexed(zonesKey, i), r.element(zonesKey, i, unused(zones, location.Zones)),
				"%q is not a zone of region %s, whose zones are %s in %s", zone, location.Region, strings.Join(zones, ", "), cloud.dated())
		case slices.Contains(location.Zones[:i], zone):
			r.report(indexed(zonesKey, i), r.removal(zonesKey, i), "%q is listed twice", zone)
		}
	}
	return location
}

// unused is the first zone that is not in taken, or else the first zone.
func unused(zones, taken []string) string {
	for _, zone := range zones {
		if !slices.Contains(taken, zone) {
			return zone
		}
	}
	return zones[0]
}
