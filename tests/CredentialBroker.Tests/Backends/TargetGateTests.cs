using System.Diagnostics.Metrics;
using CredentialBroker.Backends.Conformance;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends;

public sealed class TargetGateTests
{
    private readonly MovedClock _clock = new();

    [Fact]
    public async Task Minting_that_hangs_does_not_keep_ending_waiting_and_its_queue_is_bounded()
    {
        using var gate = new TargetGate("postgres", "orders", new GateLimits(Minting: 1, Ending: 1, Waiting: 1), _clock);
        var hang = new TaskCompletionSource<int>();
        var running = gate.MintingAsync(() => new ValueTask<int>(hang.Task), default).AsTask();
        var waiting = gate.MintingAsync(() => ValueTask.FromResult(2), default).AsTask();
        var refused = await Assert.ThrowsAsync<BackendException>(() => gate.MintingAsync(() => ValueTask.FromResult(3), default).AsTask());
        Assert.Equal(ReasonCodes.TargetOverloaded, refused.Code);
        Assert.Equal(4, await gate.EndingAsync(() => ValueTask.FromResult(4), default));
        hang.SetResult(1);
        Assert.Equal((1, 2), (await running, await waiting));
        Assert.Equal(5, await gate.MintingAsync(() => ValueTask.FromResult(5), default));
    }

    [Fact]
    public async Task Five_faults_open_a_lane_alone_and_the_wait_doubles_to_a_minute()
    {
        using var gate = new TargetGate("postgres", "orders", new GateLimits(4, 4), _clock);
        var asked = 0;
        async Task<string> MintAsync(bool works)
        {
            try
            {
                await gate.MintingAsync(() => Interlocked.Increment(ref asked) > 0 && works ? ValueTask.FromResult(1) : throw Fault(true), default);
                return "ok";
            }
            catch (BackendException e)
            {
                return e.Code;
            }
        }

        for (var i = 0; i < 5; i++) Assert.Equal(ReasonCodes.MintFailed, await MintAsync(works: false));
        Assert.Equal(ReasonCodes.TargetUnavailable, await MintAsync(works: true));
        Assert.Equal(5, asked);
        Assert.Equal(1, await gate.EndingAsync(() => ValueTask.FromResult(1), default));
        foreach (var seconds in new[] { 5, 10, 20, 40, 60, 60 })
        {
            _clock.Pass(TimeSpan.FromSeconds(seconds - 1));
            Assert.Equal(ReasonCodes.TargetUnavailable, await MintAsync(works: true));
            _clock.Pass(TimeSpan.FromSeconds(1));
            Assert.Equal(ReasonCodes.MintFailed, await MintAsync(works: false));
        }

        _clock.Pass(TimeSpan.FromSeconds(60));
        Assert.Equal("ok", await MintAsync(works: true));
        for (var i = 0; i < 5; i++) await MintAsync(works: false);
        _clock.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal("ok", await MintAsync(works: true));
    }

    [Fact]
    public async Task One_call_tries_a_half_open_circuit_and_a_call_given_up_frees_it()
    {
        var circuit = new Circuit(_clock);
        for (var i = 0; i < Circuit.FaultsToOpen; i++) circuit.Failed();
        _clock.Pass(TimeSpan.FromSeconds(5));
        Assert.True(circuit.TryEnter());
        Assert.False(circuit.TryEnter());
        circuit.Abandoned();
        Assert.True(circuit.TryEnter());
        using var gate = new TargetGate("postgres", "orders", new GateLimits(1, 1), _clock);
        for (var i = 0; i < 9; i++)
            await Assert.ThrowsAsync<BackendException>(() => gate.MintingAsync<int>(() => throw Fault(transient: false), default).AsTask());
        Assert.Equal(1, await gate.MintingAsync(() => ValueTask.FromResult(1), default));
    }

    [Fact]
    public async Task A_foreign_fault_is_named_by_kind_measured_and_says_nothing_else()
    {
        await using var harness = new SignedTokenHarness();
        var seen = new List<string>();
        using var meters = new Meters();
        var metrics = new BackendMetrics(meters);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == BackendMetrics.MeterName) self.EnableMeasurementEvents(instrument);
            },
        };
        // Other tests measure at the same time, so this one has a backend name of its own.
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value?.ToString());
            if (all["backend"] == "leaky") seen.Add($"{all["operation"]} {all["outcome"]}");
        });
        listener.Start();
        using var guarded = new GuardedBackend(new Leaky(harness.Backend), _ => new GateLimits(1, 1), metrics, _clock);
        var order = harness.NewOrder(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));
        var handle = guarded.Plan(order);

        foreach (var call in new Func<Task>[]
                 {
                     () => guarded.MintAsync(handle, order, default).AsTask(), () => guarded.RenewAsync(handle, order, default).AsTask(),
                     () => guarded.EndAsync(handle, default).AsTask(), () => guarded.ProbeAsync(handle, default).AsTask(),
                 })
        {
            var scrubbed = await Assert.ThrowsAsync<BackendException>(call);
            Assert.DoesNotContain("hunter2", scrubbed.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(["mint mint_failed", "renew mint_failed", "end end_failed", "probe end_failed"], seen);
    }

    [Fact]
    public async Task Two_backends_of_one_name_are_refused()
    {
        await using var harness = new SignedTokenHarness();
        using var meters = new Meters();
        Assert.Throws<ArgumentException>(() => new BackendCatalog([harness.Backend, harness.Backend]));
    }

    private static BackendException Fault(bool transient) => new("postgres", ReasonCodes.MintFailed, "no", transient);

    private sealed class Leaky(Backend real) : Mutation(real)
    {
        public override string Name => "leaky";
        public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) => throw new IOException("password=hunter2");
        public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) =>
            throw new BackendException(Name, ReasonCodes.MintFailed, "it failed", transient: true, new IOException("password=hunter2"));
        public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) => throw new IOException("password=hunter2");
        public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => throw new OperationCanceledException("password=hunter2");
    }
}
