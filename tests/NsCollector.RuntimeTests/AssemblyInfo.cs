// The tests share one kernel. Most of them wait for a runtime or for the agent's next cycle, so some collections run at the same time.
// Tests that measure an idle machine, or that count all containers of the machine, are in AloneCollection or AloneDockerCollection,
// which run after all others.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
[assembly: TestCollectionOrderer("NsCollector.RuntimeTests.LongestFirst", "NsCollector.RuntimeTests")]
