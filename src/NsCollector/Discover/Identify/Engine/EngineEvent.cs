namespace NsCollector.Discover.Identify.Engine;

/// <summary>One event, understood.</summary>
/// <param name="Action">What happened.</param>
/// <param name="Container">To whom, and what the event tells of it; of a removed one perhaps only the id.</param>
internal readonly record struct EngineEvent(EngineAction Action, EngineContainer? Container);
