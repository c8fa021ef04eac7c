using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>What is known of a container while its state file is parsed. If a key is repeated, the last one counts, as in the runtimes.</summary>
/// <param name="keys">The keys of labels or annotations that have names.</param>
/// <param name="selection">Which labels are kept.</param>
internal sealed class IdentityDraft(IdentityKeys keys, LabelSelection selection)
{
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private string? _sandboxId;
    private string? _container;
    private string? _pod;
    private string? _namespace;
    private string? _podUid;
    private bool _isSandbox;
    private int? _restarts;

    // If the runtime has no separate labels, the annotations are the labels.
    private bool _areLabels = keys.Labels.Length == 0;

    /// <summary>The runtime's own name of the container.</summary>
    internal string? Name { get; set; }

    internal string? Image { get; set; }

    /// <inheritdoc cref="KnownIdentity.State"/>
    internal RuntimeState? State { get; set; }

    /// <inheritdoc cref="KnownIdentity.HealthUntilNs"/>
    internal long HealthUntilNs { get; set; }

    /// <inheritdoc cref="KnownIdentity.IsStarting"/>
    internal bool IsStarting { get; set; }

    /// <summary>How many names were left out because they were too long or malformed.</summary>
    internal int NamesLeftOut { get; private set; }

    /// <summary>How many labels were left out because they were too long for a tag.</summary>
    internal int LabelsLeftOut { get; private set; }

    /// <summary>Reads labels or annotations, an object of strings at whose start the reader is. Any other value is skipped.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A string that is used is not UTF-8.</exception>
    internal void Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            StateText.Skip(ref reader);
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!TryReadName(ref reader)) ReadLabel(ref reader);
        }
    }

    /// <summary>Reads environment variables, an array of texts <c>NAME=value</c> at whose start the reader is. Any other value is skipped. Variables that are not selected are not kept.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A string that is used is not UTF-8.</exception>
    internal void ReadEnvironment(ref Utf8JsonReader reader)
    {
        if (!selection.HasVariables || reader.TokenType != JsonTokenType.StartArray)
        {
            StateText.Skip(ref reader);
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String) ReadVariable(ref reader);
            else StateText.Skip(ref reader);
        }
    }

    /// <summary>The identity that was found.</summary>
    internal KnownIdentity ToIdentity(StateFileStamp? source)
    {
        bool isPods = _pod is not null && _namespace is not null;
        string? name = Name;
        if (isPods || !keys.NeedsPod) name = _isSandbox ? KnownIdentity.Sandbox : _container ?? name;
        RuntimeState? state = _restarts is { } restarts && (isPods || !keys.NeedsPod) ? (State ?? new RuntimeState(null)) with { RestartCount = restarts } : State;
        var identity = new KnownIdentity(name, Image, source) 
        {
            Labels = InOrder(_labels), Environment = InOrder(_variables), SandboxId = _sandboxId, State = state, HealthUntilNs = HealthUntilNs, IsStarting = IsStarting,
        };
        return isPods || !keys.NeedsPod ? identity with { Namespace = _namespace, Pod = _pod, PodUid = _podUid } : identity;
    }

    internal static ImmutableArray<KeyValuePair<string, string>> InOrder(IEnumerable<KeyValuePair<string, string>> labels) =>
        [.. labels.OrderBy(label => label.Key, StringComparer.Ordinal)];

    /// <summary>Reads a value that has one of the keys, or is a selected label.</summary>
    private bool TryReadName(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.IsEmpty) return false;
        string? text;
        if (reader.ValueTextEquals(keys.Container)) ReadName(ref reader, ref _container);
        else if (reader.ValueTextEquals(keys.Pod)) ReadName(ref reader, ref _pod);
        else if (reader.ValueTextEquals(keys.Namespace)) ReadName(ref reader, ref _namespace);
        else if (reader.ValueTextEquals(keys.PodUid)) ReadName(ref reader, ref _podUid);
        else if (reader.ValueTextEquals(keys.Name))
        {
            text = Name;
            ReadName(ref reader, ref text);
            Name = text;
        }
        else if (reader.ValueTextEquals(keys.Image))
        {
            text = Image;
            ReadName(ref reader, ref text);
            Image = text;
        }
        else if (reader.ValueTextEquals(keys.Restarts))
        {
            text = null;
            ReadName(ref reader, ref text);
            _restarts = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int restarts) ? restarts : null;
        }
        else if (reader.ValueTextEquals(keys.SandboxId)) ReadName(ref reader, ref _sandboxId);
        else if (reader.ValueTextEquals(keys.Type)) ReadType(ref reader);
        else if (reader.ValueTextEquals(keys.Labels)) ReadLabelsText(ref reader);
        else return false;
        return true;
    }

    private void ReadName(ref Utf8JsonReader reader, ref string? text)
    {
        string? key = SelectedKey(ref reader);
        reader.Read();
        if (!StateText.TryRead(ref reader, out text)) NamesLeftOut++;
        else if (key is not null) SetLabel(key, text);
        StateText.Skip(ref reader);
    }

    private void ReadType(ref Utf8JsonReader reader)
    {
        string? key = SelectedKey(ref reader);
        reader.Read();
        _isSandbox = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(keys.SandboxType);
        if (key is not null) ReadLabelValue(ref reader, key);
        StateText.Skip(ref reader);
    }

    private void ReadLabel(ref Utf8JsonReader reader)
    {
        string? key = SelectedKey(ref reader);
        reader.Read();
        if (key is not null) ReadLabelValue(ref reader, key);
        StateText.Skip(ref reader);
    }

    private void ReadLabelValue(ref Utf8JsonReader reader, string key)
    {
        if (StateText.TryRead(ref reader, out string? value))
        {
            SetLabel(key, value);
            return;
        }

        _labels.Remove(key);
        LabelsLeftOut++;
    }

    private void ReadVariable(ref Utf8JsonReader reader)
    {
        // The names of variables are short; what cannot be a selected one is not decoded.
        ReadOnlySpan<byte> raw = reader.ValueSpan;
        int end = raw.IndexOf((byte)'=');
        if (end <= 0 || end > StateText.MaxKeyBytes || !selection.SelectsVariable(Encoding.UTF8.GetString(raw[..end]))) return;
        string name = Encoding.UTF8.GetString(raw[..end]);
        if (raw.Length - end - 1 > StateText.MaxBytes)
        {
            _variables.Remove(name);
            LabelsLeftOut++;
            return;
        }

        string text = reader.GetString()!;
        string value = text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..];
        if (value.Length == 0) _variables.Remove(name);
        else _variables[name] = value;
    }

    private void SetLabel(string key, string? value)
    {
        if (value is null) _labels.Remove(key);
        else _labels[key] = value;
    }

    private string? SelectedKey(ref Utf8JsonReader reader)
    {
        if (!_areLabels || selection.IsEmpty || reader.ValueSpan.IsEmpty) return null;
        if (reader.ValueSpan.Length > StateText.MaxKeyBytes)
        {
            // No orchestrator's label has such a key.
            if (selection.HasGlobs) LabelsLeftOut++;
            return null;
        }

        string key = reader.GetString()!;
        return selection.Reads(key) ? key : null;
    }

    /// <summary>CRI-O keeps a pod's labels as JSON in a string. If that is malformed, only the labels are lost.</summary>
    private void ReadLabelsText(ref Utf8JsonReader outer)
    {
        outer.Read();
        if (selection.IsEmpty || outer.TokenType != JsonTokenType.String)
        {
            StateText.Skip(ref outer);
            return;
        }

        // Unescaping never makes it longer, and the file's size is bounded.
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
