namespace NsCollector.Discover.Identify;

/// <summary>Asks an engine for what its files did not tell.</summary>
/// <param name="engine">The engine's own interface; null where there is none.</param>
/// <param name="selection">Which labels become tags.</param>
internal sealed class EngineAnswers(IEngineNames? engine, LabelSelection selection)
{
    /// <summary>What the engine says of a container, as of now.</summary>
    /// <param name="id">Its whole id.</param>
    /// <param name="source">The version of the file that told nothing; null where there is none.</param>
    /// <param name="previous">The last answer for this container: returned itself where the engine says the same of it.</param>
    /// <returns>Null where the engine says nothing.</returns>
    internal KnownIdentity? Ask(string id, StateFileStamp? source, KnownIdentity? previous)
    {
        if (engine is null || !engine.TryFind(id, out KnownIdentity? answer)) return null;
        if (previous is not null && ReferenceEquals(previous.Answer, answer) && previous.Source == source) return previous;
        return answer with
        {
            Source = source,
            Answer = answer,
            Labels = IdentityDraft.InOrder(answer.Labels.Where(label =>
                selection.Selects(label.Key) && label.Key.Length <= StateText.MaxKeyBytes && label.Value.Length is > 0 and <= StateText.MaxBytes)),
        };
    }
}
