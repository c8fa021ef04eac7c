using System.Text;
using System.Text.Json;

namespace NsCollector.Host.Check;

/// <summary>Writes findings: a line of text for each, or an object of JSON (https://jsonlines.org) for programs.</summary>
/// <param name="output">Receives the lines.</param>
/// <param name="isJson">Whether they are objects: <c>{"severity":"warn","text":"flows: ..."}</c>, with severity ok, warn or fail.</param>
internal sealed class FindingWriter(TextWriter output, bool isJson)
{
    /// <summary>Writes one finding.</summary>
    internal void Write(Finding finding) => output.WriteLine(isJson ? Json(finding) : finding.ToString());

    /// <summary>Writes what is buffered.</summary>
    internal void Flush() => output.Flush();

    private static string Json(Finding finding)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("severity", finding.Severity.ToString().ToLowerInvariant());
            json.WriteString("text", finding.Text);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }
}
