using Xunit;

// Most of these tests wait for servers, not for the processor: on two cores, twice as many at a time take much less time.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
