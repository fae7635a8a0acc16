package googlecloud

import "fmt"

// checkAlertPolicy: the words before the last colon are recorded
// (terraform-provider-google issue 25878); that the channel's name follows them
// is an approximation.
func checkAlertPolicy(c *call) error {
	for _, channel := range texts(lookup(c.object.outputs, "notificationChannels")) {
		if c.find(channel) == nil {
			return fmt.Errorf("Error creating AlertPolicy: googleapi: Error 404: Notification channel not found: %s.", channel)
		}
	}
	return nil
}
