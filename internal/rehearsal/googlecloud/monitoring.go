package googlecloud

import "fmt"

// checkAlertPolicy requires the notification channels. The message up to the last colon
// is recorded (terraform-provider-google issue 25878); that the channel's name follows it
// is an approximation.
func checkAlertPolicy(c *call) error {
	for _, channel := range texts(lookup(c.object.outputs, "notificationChannels")) {
		if c.find(channel) == nil {
			return fmt.Errorf("Error creating AlertPolicy: googleapi: Error 404: Notification channel not found: %s.", channel)
		}
	}
	return nil
}
