package googlecloud

import (
	"fmt"
	"strings"
)

// checkZone requires the networks of a private zone. The message is recorded for a
// network URL that Cloud DNS could not parse (terraform-provider-google issue 6972); for
// a network that does not exist it is an approximation.
func checkZone(c *call) error {
	const refused = "Error creating ManagedZone: googleapi: Error 400: Invalid value for 'entity.managedZone.%s': '%s', invalid"
	if name := c.text("dnsName"); !strings.HasSuffix(name, ".") {
		return fmt.Errorf(refused, "dnsName", name)
	}
	for i, network := range objects(lookup(c.object.outputs, "privateVisibilityConfig.networks")) {
		if url := text(network, "networkUrl"); c.find(url) == nil {
			return fmt.Errorf(refused, fmt.Sprintf("privateVisibilityConfig.networks[%d].networkUrl", i), url)
		}
	}
	return nil
}

// checkRecordSet requires the zone, which a record set refers to by its name, not its id.
// Sources: provider source, resource_dns_record_set.go; the API's messages are in
// stacklok/sigstore-the-hard-way issue 10, and in LocalDnsHelper.java, Google's own
// simulation of the API (googleapis/google-cloud-java).
func checkRecordSet(c *call) error {
	zone, name := c.text("managedZone"), c.text("name")
	found := c.refer("projects/" + c.text("project") + "/managedZones/" + zone)
	if found == nil {
		return fmt.Errorf("Error retrieving record sets for %q: googleapi: Error 404: The 'parameters.managedZone' resource named '%s' does not exist., notFound", zone, zone)
	}
	if !strings.HasSuffix("."+name, "."+text(found.outputs, "dnsName")) {
		return fmt.Errorf("Error creating DNS RecordSet: googleapi: Error 400: Invalid value for 'entity.change.additions[0].name': '%s', invalid", name)
	}
	return nil
}
