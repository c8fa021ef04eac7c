using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.Encode.Cadvisor;

/// <summary>A JSON value of cAdvisor's API with readings, made from the column <see cref="Field.Cadvisor"/> of the metric catalogue.</summary>
internal sealed class CadvisorNode
{
    private readonly JsonEncodedText _key;
    private readonly Field? _field;
    private readonly List<CadvisorNode> _members = [];

    private CadvisorNode(string key, Field? field) => (_key, _field) = (JsonEncodedText.Encode(key), field);

    /// <summary>The object with the fields of some parts of a sample.</summary>
    /// <param name="parts">The parts; all their readings are in one set, or in the rows of one table.</param>
    internal static CadvisorNode Of(params SamplePart[] parts)
    {
        var root = new CadvisorNode("", null);
        foreach (Field field in MetricCatalogue.Measurements.Where(measurement => parts.Contains(measurement.Part)).SelectMany(measurement => measurement.Fields))
        {
            foreach (string path in field.Cadvisor) root.Add(path.Split('.'), field);
        }

        return root;
    }

    /// <summary>The object at a key of this one.</summary>
    internal CadvisorNode this[string key] => _members.Single(member => member._key.Value == key);

    /// <summary>Whether it has a reading that is present.</summary>
    internal bool HasAny(ReadingSet readings)
    {
        if (_field is not null) return readings.Has((Reading)_field.Index) && (_field.CadvisorLess is not { } less || readings.Has(less));
        foreach (CadvisorNode member in _members)
        {
            if (member.HasAny(readings)) return true;
        }

        return false;
    }

    /// <summary>Writes the members of the object with present readings, without braces. What is absent is left out.</summary>
    internal void WriteMembers(Utf8JsonWriter json, ReadingSet readings)
    {
        foreach (CadvisorNode member in _members) member.Write(json, readings);
    }

    /// <summary>Writes key and value, if a reading of it is present.</summary>
    internal void Write(Utf8JsonWriter json, ReadingSet readings)
    {
        if (!HasAny(readings)) return;
        if (_field is null)
        {
            json.WriteStartObject(_key);
            WriteMembers(json, readings);
            json.WriteEndObject();
        }
        else if (_field.Type == FieldType.Float)
        {
            json.WriteNumber(_key, readings.GetDouble((Reading)_field.Index));
        }
        else
        {
            json.WriteNumber(_key, readings[(Reading)_field.Index] - (_field.CadvisorLess is { } less ? readings[less] : 0));
        }
    }

    private void Add(ReadOnlySpan<string> path, Field field)
    {
        if (path.Length == 1)
        {
            _members.Add(new CadvisorNode(path[0], field));
            return;
        }

        CadvisorNode? member = null;
        foreach (CadvisorNode one in _members)
        {
            if (one._key.Value == path[0]) member = one;
        }

        if (member is null) _members.Add(member = new CadvisorNode(path[0], null));
        member.Add(path[1..], field);
    }
}
