using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NsCollector.DocGen.Grafana;

/// <summary>Generates the JSON model of a dashboard. (grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model)</summary>
internal static class DashboardDocument
{
    private const int Columns = 24, SchemaVersion = 39;

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file of a board for a database.</summary>
    internal static string Render(Board board, DataSource source)
    {
        var panels = new JsonArray();
        int y = 0;
        foreach ((string title, Panel[] row) in board.Rows)
        {
            panels.Add(new JsonObject { ["id"] = panels.Count + 1, ["type"] = "row", ["title"] = title, ["collapsed"] = false, ["gridPos"] = Position(Columns, 1, 0, y++), ["panels"] = new JsonArray() });
            int x = 0, height = 0;
            foreach (Panel panel in row)
            {
                if (x + panel.Width > Columns) (x, y, height) = (0, y + height, 0);
                panels.Add(Render(panel, source, panels.Count + 1, Position(panel.Width, panel.Height, x, y)));
                (x, height) = (x + panel.Width, Math.Max(height, panel.Height));
            }

            y += height;
        }

        string database = source == DataSource.Prometheus ? "Prometheus" : "InfluxDB";
        var document = new JsonObject
        {
            ["uid"] = $"nscollector-{board.Name}-{(source == DataSource.Prometheus ? "prometheus" : "influxql")}",
            ["title"] = $"{board.Title} ({database})",
            ["description"] = board.Description,
            ["tags"] = new JsonArray("nscollector"),
            ["schemaVersion"] = SchemaVersion,
            ["version"] = 1,
            ["editable"] = true,
            ["graphTooltip"] = 1,
            ["refresh"] = "30s",
            ["time"] = new JsonObject { ["from"] = "now-1h", ["to"] = "now" },
            ["timezone"] = "browser",
            ["annotations"] = new JsonObject { ["list"] = new JsonArray() },
            ["links"] = new JsonArray(new JsonObject { ["type"] = "dashboards", ["title"] = "NsCollector", ["tags"] = new JsonArray("nscollector"), ["asDropdown"] = true, ["includeVars"] = true, ["keepTime"] = true }),
            ["templating"] = new JsonObject { ["list"] = Variables(board, source) },
            ["panels"] = panels,
        };
        return document.ToJsonString(Options).ReplaceLineEndings("\n") + "\n";
    }

    private static JsonObject Render(Panel panel, DataSource source, int id, JsonObject position)
    {
        string kind = source == DataSource.Influx ? panel.InfluxKind ?? panel.Kind : panel.Kind;
        bool isTable = kind == "table";
        var targets = new JsonArray();
        foreach (Query query in source == DataSource.Prometheus ? panel.Prometheus : panel.Influx)
        {
            string reference = targets.Count < 26 ? $"{(char)('A' + targets.Count)}" : throw new InvalidOperationException($"{panel.Title} has too many queries");
            targets.Add(source == DataSource.Prometheus
                ? new JsonObject { ["refId"] = reference, ["datasource"] = Reference(source), ["expr"] = query.Text, ["legendFormat"] = query.Legend, ["range"] = !isTable, ["instant"] = isTable, ["format"] = isTable ? "table" : "time_series" }
                : new JsonObject { ["refId"] = reference, ["datasource"] = Reference(source), ["query"] = query.Text, ["rawQuery"] = true, ["alias"] = query.Legend, ["resultFormat"] = isTable ? "table" : "time_series" });
        }

        var rendered = new JsonObject
        {
            ["id"] = id,
            ["type"] = kind,
            ["title"] = panel.Title,
            ["datasource"] = Reference(source),
            ["gridPos"] = position,
            ["interval"] = "10s",
            ["fieldConfig"] = new JsonObject
            {
                ["defaults"] = new JsonObject { ["unit"] = source == DataSource.Influx ? panel.InfluxUnit ?? panel.Unit : panel.Unit, ["custom"] = kind == "timeseries" ? new JsonObject { ["fillOpacity"] = 10, ["showPoints"] = "never" } : new JsonObject() },
                ["overrides"] = new JsonArray(),
            },
            ["options"] = kind switch
            {
                "timeseries" => new JsonObject { ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom" }, ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" } },
                "stat" => new JsonObject { ["colorMode"] = "none", ["graphMode"] = "area", ["reduceOptions"] = new JsonObject { ["calcs"] = new JsonArray("lastNotNull"), ["fields"] = "", ["values"] = false } },
                _ => new JsonObject { ["showHeader"] = true },
            },
            ["targets"] = targets,
        };
        if (panel.Description.Length > 0) rendered["description"] = panel.Description;
        return rendered;
    }

    private static JsonArray Variables(Board board, DataSource source)
    {
        var variables = new JsonArray(new JsonObject
        {
            ["name"] = "datasource",
            ["label"] = "Data source",
            ["type"] = "datasource",
            ["query"] = Type(source),
            ["regex"] = "",
            ["hide"] = 0,
            ["refresh"] = 1,
        });
        if (source == DataSource.Prometheus)
        {
            variables.Add(Variable(source, "job", "Job", "label_values(nscollector_build_info, job)", isMulti: true));
            variables.Add(Variable(source, "instance", "Host", "label_values(nscollector_build_info{job=~\"$job\"}, instance)", isMulti: true));
            if (board.IsOfContainer) variables.Add(Variable(source, "container", "Container", $"label_values(container_last_seen{{{PromQl.Containers}}}, name)", isMulti: false));
        }
        else
        {
            variables.Add(Variable(source, "host", "Host", "SHOW TAG VALUES FROM \"nscollector\" WITH KEY = \"host\"", isMulti: true));
            if (board.IsOfContainer) variables.Add(Variable(source, "container", "Container", "SHOW TAG VALUES FROM \"container_info\" WITH KEY = \"container\" WHERE \"host\" =~ /^$host$/", isMulti: false));
        }

        return variables;
    }

    private static JsonObject Variable(DataSource source, string name, string label, string query, bool isMulti) => new()
    {
        ["name"] = name,
        ["label"] = label,
        ["type"] = "query",
        ["datasource"] = Reference(source),
        ["query"] = query,
        ["definition"] = query,
        ["refresh"] = 2,
        ["sort"] = 1,
        ["regex"] = "",
        ["hide"] = 0,
        ["multi"] = isMulti,
        ["includeAll"] = isMulti,
        ["current"] = isMulti ? new JsonObject { ["selected"] = true, ["text"] = "All", ["value"] = "$__all" } : new JsonObject(),
    };

    private static string Type(DataSource source) => source == DataSource.Prometheus ? "prometheus" : "influxdb";

    // A variable, because the uid of a data source differs between installations.
    private static JsonObject Reference(DataSource source) => new() { ["type"] = Type(source), ["uid"] = "${datasource}" };

    private static JsonObject Position(int width, int height, int x, int y) => new() { ["w"] = width, ["h"] = height, ["x"] = x, ["y"] = y };
}
