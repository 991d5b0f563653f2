using CredentialBroker.Approvals;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Audit;

public sealed class AuditRetentionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Old_records_go_in_the_order_of_the_tree_and_the_rest_is_proven_as_before(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        using var rig = new EvidenceRig(replica);
        await rig.TellAsync(1500);
        await using var second = await replica.AnotherAsync();
        using var other = new EvidenceRig(second, key: rig.Key);
        await other.TellAsync(10);
        var before = await rig.SealAndSignAsync();
        ((HeldClock)replica.Clock).Advance(TimeSpan.FromDays(399));
        await rig.TellAsync(20);
        var after = await rig.SealAndSignAsync();
        await rig.Retention.RunAsync(default);
        Assert.Equal(0, (await rig.Tree.HeadAsync(default)).Absent);

        ((HeldClock)replica.Clock).Advance(TimeSpan.FromDays(2));
        await rig.Retention.RunAsync(default);
        // The newest record of the newest chain stays, since the next chain begins after it.
        Assert.Equal(1511, (await rig.Tree.HeadAsync(default)).Absent);
        Assert.Equal(21, await replica.NumberAsync("SELECT count(*) FROM audit"));
        await rig.TellAsync(5);
        var verdict = await rig.VerifyAsync(await rig.ExportAsync(), before, after);
        Assert.Equal((26, null, 1), (verdict.Records, verdict.Problem, 1));
        await using var third = await replica.AnotherAsync();
        using var next = new EvidenceRig(third, key: rig.Key);
        await next.TellAsync(1);
        Assert.Null((await next.VerifyAsync(await next.ExportAsync(), after)).Problem);
    }

    [Fact]
    public async Task Nothing_goes_before_a_checkpoint_covers_it_and_every_export_has_it()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        var stuck = new AuditExport("siem", new CloudEventsFormat("https://broker.test"), new Refusing());
        using var rig = new EvidenceRig(replica, exports: _ => [stuck]);
        await rig.TellAsync(10);
        ((HeldClock)replica.Clock).Advance(TimeSpan.FromDays(500));
        await rig.Sealer.SealAsync(always: true, default);
        await rig.Retention.RunAsync(default);
        Assert.Equal(0, (await rig.Tree.HeadAsync(default)).Absent);
        await rig.SealAndSignAsync();
        await rig.DeliverAsync();
        await rig.Retention.RunAsync(default);
        Assert.Equal(0, (await rig.Tree.HeadAsync(default)).Absent);
        Assert.Equal(11, Assert.Single(rig.Exports.Lanes).Lag);

        using var without = new EvidenceRig(replica, key: rig.Key);
        await without.Retention.RunAsync(default);
        Assert.Equal(10, (await rig.Tree.HeadAsync(default)).Absent);
    }

    private sealed class Refusing : IAuditSink
    {
        public Task DeliverAsync(Delivery delivery, CancellationToken cancel) => throw new IOException("no");
    }
}
