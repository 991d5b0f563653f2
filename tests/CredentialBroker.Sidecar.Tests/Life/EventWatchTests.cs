using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.Life;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Life;

/// <summary>The whole of a sidecar's leases against the stand-in, in real time.</summary>
public sealed class EventWatchTests : Rig
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_revoked_lease_is_dropped_when_the_broker_tells_and_when_it_is_asked(bool events)
    {
        Broker.HasEvents = events;
        var options = Options("aws", "orders");
        options.Life.Poll = TimeSpan.FromSeconds(1);
        await using var sidecar = await StartAsync(options);
        Broker.End(Broker.Live.Single(lease => lease.Template.Name == "aws").Id, "revoked");
        var aws = sidecar.Leases.ByName["aws"];
        await UntilAsync(() => aws.Now is Holding.Nothing);
        Assert.Equal(ReasonCodes.LeaseOver, Assert.IsType<Holding.Nothing>(aws.Now).Code);
        Assert.IsType<Holding.Held>(sidecar.Leases.ByName["orders"].Now);
    }

    [Fact]
    public async Task A_freeze_is_heard_and_so_is_its_end()
    {
        await using var sidecar = await StartAsync(Options("aws"));
        var aws = sidecar.Leases.ByName["aws"];
        Broker.Frozen = true;
        await UntilAsync(() => aws.Now is Holding.Nothing { Code: ReasonCodes.Frozen });
        Broker.Frozen = false;
        await UntilAsync(() => aws.Now is Holding.Held);
        Assert.Equal(1, Broker.Minted);
    }

    [Fact]
    public async Task The_stream_is_opened_again_after_the_broker_was_away()
    {
        await using var sidecar = await StartAsync(Options("aws"));
        await UntilAsync(() => Log.ToString().Contains("events: open", StringComparison.Ordinal));
        Broker.Down = true;
        await UntilAsync(() => Log.ToString().Contains("events: broker_unreachable", StringComparison.Ordinal));
        Broker.Down = false;
        Broker.End(Broker.Live.Single().Id, "task_end");
        await UntilAsync(() => sidecar.Leases.ByName["aws"].Now is Holding.Nothing);
    }

    [Fact]
    public async Task R24_When_it_stops_every_lease_ends()
    {
        var sidecar = await StartAsync(Options("aws", "orders", "token"));
        Assert.Equal(3, Broker.Live.Count());
        await sidecar.DisposeAsync();
        Assert.Empty(Broker.Live);
        Assert.Equal(3, Broker.Leases.Count);
    }

    [Fact]
    public async Task It_stops_in_time_although_the_broker_is_away()
    {
        var options = Options("aws");
        options.Life.EndGrace = TimeSpan.FromSeconds(1);
        var sidecar = await StartAsync(options);
        Broker.Down = true;
        await sidecar.DisposeAsync();
        Assert.Contains("left to the broker's own watch", Log.ToString(), StringComparison.Ordinal);
    }
}
