using CredentialBroker.Audit.Tree;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Audit;

public sealed class SealerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task What_is_recorded_goes_into_the_tree_and_is_exported_with_a_checkpoint_of_its_own_size(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        using var rig = new EvidenceRig(replica);
        await rig.TellAsync(3);
        var first = await rig.SealAndSignAsync();
        await rig.TellAsync(700);
        await using var second = await replica.AnotherAsync();
        using var other = new EvidenceRig(second, key: rig.Key);
        await other.TellAsync(4);
        await rig.TellAsync(2);

        var export = await rig.ExportAsync();
        var verdict = await rig.VerifyAsync(export, first);
        Assert.Equal((711, 2, null, 711, true), (verdict.Records, verdict.Chains, verdict.Problem, verdict.Size, verdict.SignatureChecked));
        Assert.Equal(711, (await rig.SealAndSignAsync()).Size);
    }

    [Fact]
    public async Task Replicas_that_seal_at_the_same_time_put_every_record_in_the_tree_once()
    {
        await using var one = await OpenAsync("postgres", postgres);
        var others = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => one.AnotherAsync()));
        using var key = Issuer.P256SigningKey.Generate();
        var rigs = others.Append(one).Select(r => new EvidenceRig(r, key: key)).ToList();
        await Task.WhenAll(rigs.Select(rig => Task.Run(async () =>
        {
            for (var i = 0; i < 15; i++)
            {
                await rig.TellAsync(7);
                await rig.SealAndSignAsync();
            }
        })));

        var verdict = await rigs[^1].VerifyAsync(await rigs[^1].ExportAsync());
        Assert.Equal((424, 4, null), (verdict.Records, verdict.Chains, verdict.Problem));
        foreach (var other in others) await other.DisposeAsync();
    }

    [Fact]
    public async Task One_replica_seals_and_another_takes_over_when_it_falls_silent()
    {
        await using var first = await OpenAsync("postgres", postgres);
        await using var second = await first.AnotherAsync();
        using var one = new EvidenceRig(first);
        using var two = new EvidenceRig(second, key: one.Key);
        await one.TellAsync(1);
        await one.Sealer.SealAsync(always: false, default);
        await two.TellAsync(1);
        await two.Sealer.SealAsync(always: false, default);
        Assert.Equal((2, first.Journal.Writer), await one.Tree.HeadAsync(default) is var head ? (head.Size, head.Sealer) : default);
        ((Approvals.HeldClock)first.Clock).Advance(TimeSpan.FromSeconds(6));
        await two.Sealer.SealAsync(always: false, default);
        Assert.Equal((4, second.Journal.Writer), await one.Tree.HeadAsync(default) is var later ? (later.Size, later.Sealer) : default);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_tree_that_was_grown_twice_from_one_place_grows_once(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        using var rig = new EvidenceRig(replica);
        await rig.TellAsync(3);
        var before = await rig.Tree.HeadAsync(default);
        await rig.Sealer.SealAsync(always: true, default);
        Assert.Equal(TreeMove.Moved, await replica.CodeAsync(new TreeMove(before, before with { Size = 9 }, [])));
        Assert.Equal(4, (await rig.Tree.HeadAsync(default)).Size);
    }

    [Fact]
    public async Task Where_a_record_was_taken_out_before_it_was_sealed_the_tree_stops()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        using var rig = new EvidenceRig(replica);
        await rig.TellAsync(5);
        await replica.ExecuteAsync("DELETE FROM audit WHERE seq = 3");
        Assert.Equal(3, (await rig.SealAndSignAsync()).Size);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Nothing_is_signed_that_contradicts_an_earlier_checkpoint(string provider)
    {
        foreach (var tamper in new[]
        {
            "UPDATE audit_tiles SET hashes = (SELECT 'AAAA' || substr(t.hashes, 5) FROM audit_tiles t WHERE t.level = 0 AND t.number = 0) WHERE level = 0 AND number = 0",
            "DELETE FROM audit_checkpoints",
            "UPDATE audit_checkpoints SET note = replace(note, 'broker', 'br0ker')",
            "UPDATE audit_checkpoints SET size = 3",
        })
        {
            await using var replica = await OpenAsync(provider, postgres);
            using var rig = new EvidenceRig(replica);
            await rig.TellAsync(3);
            Assert.Equal(4, (await rig.SealAndSignAsync()).Size);
            await replica.ExecuteAsync(tamper);
            await rig.TellAsync(1);
            await rig.Sealer.SealAsync(always: true, default);
            Assert.True(await rig.Maker.MakeNowAsync(default) is null, tamper);
            Assert.True(rig.Maker.Contradicted);
        }
    }

    [Fact]
    public async Task A_store_set_back_is_noticed_by_whoever_saw_it_later()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        using var rig = new EvidenceRig(replica);
        await rig.TellAsync(3);
        await rig.SealAndSignAsync();
        await rig.TellAsync(3);
        await rig.SealAndSignAsync();
        await replica.ExecuteAsync("DELETE FROM audit_checkpoints WHERE size > 4");
        await replica.ExecuteAsync("UPDATE audit_tree SET size = 6, signed = 4");
        Assert.Null(await rig.Maker.MakeNowAsync(default));
    }

    [Fact]
    public async Task A_checkpoint_is_signed_when_there_is_something_new_and_not_more_often_than_told()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        using var rig = new EvidenceRig(replica);
        var clock = (Approvals.HeldClock)replica.Clock;
        async Task<int> AfterAsync(TimeSpan wait)
        {
            clock.Advance(wait);
            await rig.Sealer.SealAsync(always: true, default);
            await rig.Maker.MakeWhenDueAsync(default);
            return (await rig.Checkpoints.NewestAsync(10, default)).Count;
        }

        Assert.Equal(0, await AfterAsync(TimeSpan.FromHours(1)));
        await rig.TellAsync(1);
        Assert.Equal(1, await AfterAsync(TimeSpan.Zero));
        await rig.TellAsync(1);
        Assert.Equal(1, await AfterAsync(TimeSpan.FromSeconds(59)));
        Assert.Equal(2, await AfterAsync(TimeSpan.FromSeconds(1)));
        Assert.Equal(2, await AfterAsync(TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Checkpoints_are_written_to_a_folder_and_what_is_missing_there_is_written_later()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        var folder = Directory.CreateTempSubdirectory("credbroker-test-").FullName;
        try
        {
            using var rig = new EvidenceRig(replica, new AuditOptions { CheckpointFolder = folder });
            await rig.TellAsync(1);
            await rig.SealAndSignAsync();
            await rig.TellAsync(1);
            var newest = await rig.SealAndSignAsync();
            await new Checkpoints.CheckpointFolder(rig.Checkpoints, rig.Options).WriteAsync(newest.Size, default);
            Assert.Equal(["checkpoint-0000000000000002", "checkpoint-0000000000000003"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
            Assert.Equal(newest.Note, await File.ReadAllTextAsync(Path.Combine(folder, "checkpoint-0000000000000003")));
            Assert.Null((await rig.VerifyAsync(await rig.ExportAsync(), newest)).Problem);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
