using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>What was found of a container while its state file is read. Of equal keys the last counts, as to the runtimes themselves.</summary>
/// <param name="keys">Under which keys of labels or annotations it looks.</param>
/// <param name="selection">Which labels are kept.</param>
internal sealed class IdentityDraft(IdentityKeys keys, LabelSelection selection)
{
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);
    private string? _container;
    private string? _pod;
    private string? _namespace;
    private string? _podUid;
    private bool _isSandbox;

    // Annotations are labels as well where the runtime keeps none apart.
    private bool _areLabels = keys.Labels.Length == 0;

    /// <summary>The name that the runtime itself gives it.</summary>
    internal string? Name { get; set; }

    internal string? Image { get; set; }

    /// <summary>How many names were left out because they were too long or no text of their form.</summary>
    internal int NamesLeftOut { get; private set; }

    /// <summary>How many labels were left out because they were too long for a tag.</summary>
    internal int LabelsLeftOut { get; private set; }

    /// <summary>Reads labels or annotations: an object of strings, on whose start the reader stands; anything else is passed over.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A string that is needed is not text.</exception>
    internal void Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            StateText.PassOver(ref reader);
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!ReadKnown(ref reader)) ReadLabel(ref reader);
        }
    }

    /// <summary>What was found, altogether.</summary>
    internal KnownIdentity ToIdentity(StateFileStamp? source)
    {
        bool isPods = _pod is not null && _namespace is not null;
        string? name = Name;
        if (isPods || !keys.NeedsPod) name = _isSandbox ? KnownIdentity.Sandbox : _container ?? name;
        var identity = new KnownIdentity(name, Image, source) { Labels = InOrder(_labels) };
        return isPods || !keys.NeedsPod ? identity with { Namespace = _namespace, Pod = _pod, PodUid = _podUid } : identity;
    }

    internal static ImmutableArray<KeyValuePair<string, string>> InOrder(IEnumerable<KeyValuePair<string, string>> labels) =>
        [.. labels.OrderBy(label => label.Key, StringComparer.Ordinal)];

    /// <summary>Reads what stands under one of the keys, where it is one; labels are then read as well, if they are selected.</summary>
    private bool ReadKnown(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.IsEmpty) return false;
        string? text;
        if (reader.ValueTextEquals(keys.Container)) Take(ref reader, ref _container);
        else if (reader.ValueTextEquals(keys.Pod)) Take(ref reader, ref _pod);
        else if (reader.ValueTextEquals(keys.Namespace)) Take(ref reader, ref _namespace);
        else if (reader.ValueTextEquals(keys.PodUid)) Take(ref reader, ref _podUid);
        else if (reader.ValueTextEquals(keys.Name))
        {
            text = Name;
            Take(ref reader, ref text);
            Name = text;
        }
        else if (reader.ValueTextEquals(keys.Image))
        {
            text = Image;
            Take(ref reader, ref text);
            Image = text;
        }
        else if (reader.ValueTextEquals(keys.Type)) TakeType(ref reader);
        else if (reader.ValueTextEquals(keys.Labels)) TakeLabels(ref reader);
        else return false;
        return true;
    }

    private void Take(ref Utf8JsonReader reader, ref string? text)
    {
        string? key = SelectedKey(ref reader);
        reader.Read();
        if (!StateText.TryRead(ref reader, out text)) NamesLeftOut++;
        else if (key is not null) Keep(key, text);
        StateText.PassOver(ref reader);
    }

    private void TakeType(ref Utf8JsonReader reader)
    {
        string? key = SelectedKey(ref reader);
        reader.Read();
        _isSandbox = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(keys.SandboxType);
        if (key is not null) TakeValue(ref reader, key);
        StateText.PassOver(ref reader);
    }

    private void ReadLabel(ref Utf8JsonReader reader)
    {
        string? key = SelectedKey(ref reader);
        reader.Read();
        if (key is not null) TakeValue(ref reader, key);
        StateText.PassOver(ref reader);
    }

    private void TakeValue(ref Utf8JsonReader reader, string key)
    {
        if (StateText.TryRead(ref reader, out string? value))
        {
            Keep(key, value);
            return;
        }

        _labels.Remove(key);
        LabelsLeftOut++;
    }

    private void Keep(string key, string? value)
    {
        if (value is null) _labels.Remove(key);
        else _labels[key] = value;
    }

    private string? SelectedKey(ref Utf8JsonReader reader)
    {
        if (!_areLabels || selection.IsEmpty || reader.ValueSpan.IsEmpty) return null;
        if (reader.ValueSpan.Length > StateText.MaxKeyBytes)
        {
            LabelsLeftOut++;
            return null;
        }

        string key = reader.GetString()!;
        return selection.Selects(key) ? key : null;
    }

    /// <summary>CRI-O has a pod's labels as a JSON text in a string. What is no such text costs the labels, and nothing else.</summary>
    private void TakeLabels(ref Utf8JsonReader outer)
    {
        outer.Read();
        if (selection.IsEmpty || outer.TokenType != JsonTokenType.String)
        {
            StateText.PassOver(ref outer);
            return;
        }

        // Unescaped it is never longer than it stands in the file, whose size has a bound.
        byte[] text = ArrayPool<byte>.Shared.Rent(Math.Max(outer.ValueSpan.Length, 1));
        _labels.Clear();
        _areLabels = true;
        try
        {
            var reader = new Utf8JsonReader(text.AsSpan(0, outer.CopyString(text)), StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) NamesLeftOut++;
            else
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) ReadLabel(ref reader);
                reader.Read();
            }
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            _labels.Clear();
            NamesLeftOut++;
        }
        finally
        {
            _areLabels = false;
            ArrayPool<byte>.Shared.Return(text);
        }
    }
}
