using System.Text;
using NsCollector.Catalogue;

namespace NsCollector.DocGen.Documents;

/// <summary>docs/metrics.md from <see cref="MetricCatalogue"/>.</summary>
internal static class MetricsDocument
{
    /// <summary>The whole document, as Markdown.</summary>
    internal static string Render()
    {
        var text = new StringBuilder();
        text.Append(
            """
            # Metrics

            Made from the metric catalogue (`src/NsCollector/Catalogue/`, one file a measurement); do not edit it here.
            `UPDATE_GENERATED=1 dotnet test tests/NsCollector.Tests` writes it again.

            - Absent is not zero: what the kernel does not offer, a limit that is not set and a rate with no earlier sample
              give no field; a measurement with no field gives no line.
            - Integers are signed 64-bit; a larger value is clamped. Floats are written with at most six digits behind the point.
            - One timestamp a container and cycle, in nanoseconds: when that container was read. A container that is born has a first
              sample of its own, before the next cycle.
            - Percentages: 100 is one core, or the whole of a limit.
            - Unit `-`: the value has no unit (text, identifiers, codes, states, weights).

            Tags of every container point: `host`, `runtime` (`docker`, `containerd`, `crio`, `podman`, `lxc`, `nspawn`,
            `systemd`, `cgroup`), `container` (its name, or the first 12 characters of its id where no name is known);
            `image`, `namespace` and `pod` where known; `id` (12 characters) with `identity.id = tag`, or where two live
            containers would share a series; `label_KEY` for selected labels; the tags of the section `[tags]`.

            """);
        foreach (Measurement measurement in MetricCatalogue.Measurements)
        {
            string title = measurement.Part == SamplePart.AgentSink ? $"{measurement.Name}, by sink" : measurement.Name;
            text.Append('\n').Append("## ").Append(title).Append("\n\n").Append(measurement.Help).Append("\n\n");
            text.Append("Written: ").Append(measurement.When).Append('.');
            if (measurement.RowTag is { } tag) text.Append(" More tags: `").Append(tag).Append("`.");
            text.Append('\n');
            if (measurement.Fields.IsEmpty) continue;
            bool container = measurement.Part is not (SamplePart.Agent or SamplePart.AgentSink);
            text.Append(container
                ? "\n| field | type | kind | unit | meaning | cgroup v1 | cgroup v2 |\n|---|---|---|---|---|---|---|\n"
                : "\n| field | type | kind | unit | meaning |\n|---|---|---|---|---|\n");
            foreach (Field field in measurement.Fields)
            {
                text.Append("| `").Append(field.Name).Append("` | ").Append(field.Type.ToString().ToLowerInvariant())
                    .Append(" | ").Append(field.Kind.ToString().ToLowerInvariant())
                    .Append(" | ").Append(field.Unit == "1" ? "count" : field.Unit)
                    .Append(" | ").Append(field.Help);
                if (container) text.Append(" | ").Append(field.SourceV1).Append(" | ").Append(field.SourceV2);
                text.Append(" |\n");
            }
        }

        return text.ToString();
    }
}
