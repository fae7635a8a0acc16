package environment

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kubernetes is the version policy and the maintenance window.
type Kubernetes struct {
	// Channel is GKE's release channel, REGULAR or STABLE.
	Channel string
	// Version is the minimum version of the control plane: a minor version such as
	// 1.36, or a full one. GKE upgrades beyond it.
	Version string
	// Maintenance is when GKE may upgrade.
	Maintenance Maintenance
}

// Minor is the minor version, such as "1.36".
func (k Kubernetes) Minor() string {
	parts, _ := parseVersion(k.Version)
	return fmt.Sprintf("%d.%d", parts[0], parts[1])
}

// PodSecurity is the version of the Pod Security Standards. It follows the setting and
// not the running version, so that an upgrade by GKE never refuses what ran before.
func (k Kubernetes) PodSecurity() string { return "v" + k.Minor() }

// AtLeast reports whether the environment's control plane always has at least the given
// version.
func (k Kubernetes) AtLeast(major, minor int) bool {
	parts, _ := parseVersion(k.Version)
	return slices.Compare(parts[:2], []int{major, minor}) >= 0
}

// Maintenance is a weekly window, in UTC.
type Maintenance struct {
	// Days are RFC 5545 weekdays: MO, TU, WE, TH, FR, SA, SU.
	Days []string
	// Start is the time of day at which each window opens.
	Start time.Duration
	// Length is how long it stays open, 4 to 24 hours, and 12 in a week at least.
	Length time.Duration
}

// oldestVersion is the first version whose defaults meet all of the controls for which
// this SDK has no field: in new clusters, the kubelet's read-only port is closed from
// 1.32 on, and anonymous requests reach only health checks from this version on.
// Source: GKE, "Harden your cluster's security", 2026-04-10.
const oldestVersion = "1.35.0-gke.1171000"

func readKubernetes(r *reader) Kubernetes {
	return Kubernetes{
		// RAPID has no support commitment; CIS GKE 5.5.4 requires one of these two.
		Channel:     r.oneOf("releaseChannel", "REGULAR", "STABLE"),
		Version:     readVersion(r),
		Maintenance: readMaintenance(r),
	}
}

func readVersion(r *reader) string {
	const key, example = "kubernetesVersion", "1.36"
	version := r.text(key)
	parts, ok := parseVersion(version)
	if !ok {
		r.report(key, r.setting(key, example),
			`%q is not a GKE version: write a minor version such as "1.36", or a full one such as 1.36.1-gke.1234000`, version)
		return version
	}
	oldest, _ := parseVersion(oldestVersion)
	meant, _ := parseVersion(version + "0")
	switch {
	case slices.Compare(parts, oldest) >= 0:
	case parts[1] < 10 && slices.Compare(meant, oldest) >= 0:
		r.report(key, r.setting(key, version+"0"),
			"%s is older than %s; if you meant %s0, quote it, because YAML otherwise reads it as a number and drops the last zero", version, oldestVersion, version)
	default:
		r.report(key, r.setting(key, example),
			"%s is older than %s, the first version in which the kubelet's read-only port and anonymous access are closed", version, oldestVersion)
	}
	return version
}

var versionForm = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:-gke\.(\d+))?)?$`)

// parseVersion reads a GKE version. Omitted parts count as the newest that exist: like
// GKE's own aliases, "1.36" stands for any patch of 1.36.
func parseVersion(version string) (parts []int, ok bool) {
	fields := versionForm.FindStringSubmatch(version)
	if fields == nil {
		return nil, false
	}
	const newest = "999999999"
	for _, field := range fields[1:] {
		number, err := strconv.Atoi(cmp.Or(field, newest))
		if err != nil {
			return nil, false // more digits than any version has
		}
		parts = append(parts, number)
	}
	return parts, true
}

// weekdays in RFC 5545 spelling, Monday first.
var weekdays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// GKE accepts a recurring window only if it is open for at least 48 hours in any 32
// days, for at least 4 hours at a time. 32 days contain each weekday at least four
// times. Source: GKE, "Maintenance windows and exclusions".
const (
	shortestWindow   = 4
	longestWindow    = 24
	hoursIn32Days    = 48
	weeksIn32Days    = 4
	hoursPerWeekOpen = hoursIn32Days / weeksIn32Days
)

func readMaintenance(r *reader) Maintenance {
	const daysKey, startKey, hoursKey = "maintenanceDays", "maintenanceStart", "maintenanceHours"
	days := readDays(r, daysKey)
	startText := r.text(startKey)
	start, err := time.Parse("15:04", startText)
	if err != nil {
		r.report(startKey, r.setting(startKey, "02:00"), "%q is not a time of day (UTC) such as 02:00", startText)
	}
	hours := r.integer(hoursKey, "6")
	switch {
	case r.reported(hoursKey) || r.reported(daysKey):
	case hours < shortestWindow || hours > longestWindow:
		r.report(hoursKey, r.setting(hoursKey, "6"), "GKE does not accept a window of %d hours, only of %d to %d", hours, shortestWindow, longestWindow)
	case hours*len(days) < hoursPerWeekOpen:
		r.report(hoursKey, r.setting(hoursKey, strconv.Itoa((hoursPerWeekOpen+len(days)-1)/len(days))),
			"%d hours on %s are %d hours in 32 days, but GKE requires at least %d",
			hours, strings.Join(days, ", "), hours*len(days)*weeksIn32Days, hoursIn32Days)
	}
	return Maintenance{
		Days:   days,
		Start:  time.Duration(start.Hour())*time.Hour + time.Duration(start.Minute())*time.Minute,
		Length: time.Duration(hours) * time.Hour,
	}
}

func readDays(r *reader, key string) []string {
	days := r.list(key, "SA")
	if len(days) == 0 {
		r.report(key, r.element(key, 0, "SA"), "no day is set on which GKE may upgrade")
	}
	for i, day := range days {
		if !slices.Contains(weekdays, day) {
			r.report(indexed(key, i), r.element(key, i, "SA"), "%q is not one of %s", day, strings.Join(weekdays, ", "))
		} else if slices.Contains(days[:i], day) {
			r.report(indexed(key, i), r.removal(key, i), "%q is listed twice", day)
		}
	}
	slices.SortFunc(days, func(a, b string) int {
		return cmp.Compare(slices.Index(weekdays, a), slices.Index(weekdays, b))
	})
	return days
}

// Recurrence is the window as an RFC 5545 recurrence rule.
func (m Maintenance) Recurrence() string {
	return "FREQ=WEEKLY;BYDAY=" + strings.Join(m.Days, ",")
}

// First is the first window. GKE requires a date; a fixed one in the past makes the
// program independent of the clock, so that previews show no change.
func (m Maintenance) First() (start, end time.Time) {
	monday := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	day := monday.AddDate(0, 0, slices.Index(weekdays, m.Days[0]))
	start = day.Add(m.Start)
	return start, start.Add(m.Length)
}
