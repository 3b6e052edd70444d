package cli

import (
	"io"

	"github.com/spf13/cobra"

	"office365/plugin/internal/config"
)

// newSettings prints the table from which the plugin reads its configuration.
func newSettings() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "settings",
		Short: "Print the settings of the plugin with defaults and meaning",
		Args:  cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			table := config.Text()
			if markdown {
				table = config.Markdown()
			}
			_, err := io.WriteString(cmd.OutOrStdout(), table)
			return err
		}),
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print a Markdown table, as in the README")
	return cmd
}
