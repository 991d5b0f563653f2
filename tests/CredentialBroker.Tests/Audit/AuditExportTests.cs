using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Audit;

/// <summary>Exports against a receiver that is strict and sometimes fails: nothing is lost, and what comes twice bears the same id.</summary>
public sealed class AuditExportTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory, InlineData("sqlite", "cloudevents"), InlineData("postgres", "ocsf"), InlineData("sqlite", "native")]
    public async Task Every_record_arrives_once_in_order(string provider, string format)
    {
        await using var receiver = await Receiver.StartAsync(format);
        await using var replica = await OpenAsync(provider, postgres);
        using var rig = Rig(replica, receiver, format);
        await rig.TellAsync(1200);
        await rig.DeliverAsync();
        await rig.TellAsync(3);
        await rig.DeliverAsync();
        Assert.Equal(Enumerable.Range(0, 1204).Select(i => (long)i), receiver.Positions);
        Assert.Equal(1204, receiver.Ids.Distinct().Count());
        Assert.Equal(0, Assert.Single(rig.Exports.Lanes).Lag);
        Assert.Empty(receiver.Breaches);
    }

    [Theory, InlineData(Fault.Answers500), InlineData(Fault.Cuts), InlineData(Fault.TakesItAndCuts), InlineData(Fault.Redirects), InlineData(Fault.IsSlow)]
    public async Task After_a_fault_the_same_records_come_again_and_none_is_lost(Fault fault)
    {
        await using var receiver = await Receiver.StartAsync("cloudevents");
        await using var replica = await OpenAsync("sqlite", postgres);
        using var rig = Rig(replica, receiver, "cloudevents", fault == Fault.IsSlow ? TimeSpan.FromSeconds(3) : null);
        await rig.TellAsync(600);
        var faults = fault == Fault.IsSlow ? 1 : 2;
        receiver.Next([.. Enumerable.Repeat(fault, faults)]);
        await rig.DeliverAsync();
        Assert.Equal(601, Assert.Single(rig.Exports.Lanes).Lag);
        Assert.NotNull(Assert.Single(rig.Exports.Lanes).Failure);
        var asked = receiver.Asked;
        // Before the pause is over nothing is sent.
        await rig.DeliverAsync();
        Assert.Equal(asked, receiver.Asked);
        for (var i = 0; i < 2; i++)
        {
            ((HeldClock)replica.Clock).Advance(Hour);
            await rig.DeliverAsync();
        }

        Assert.Equal(0, Assert.Single(rig.Exports.Lanes).Lag);
        Assert.Equal(601, receiver.Ids.Distinct().Count());
        Assert.Equal(fault is Fault.TakesItAndCuts or Fault.IsSlow ? 601 + (500 * faults) : 601, receiver.Ids.Count);
        Assert.Empty(receiver.Breaches);
    }

    [Fact]
    public async Task Killed_between_delivery_and_its_place_it_delivers_again_under_the_same_ids()
    {
        await using var receiver = await Receiver.StartAsync("cloudevents");
        await using var replica = await OpenAsync("sqlite", postgres);
        using (var rig = Rig(replica, receiver, "cloudevents"))
        {
            await rig.TellAsync(4);
            await rig.DeliverAsync();
        }

        // As if the commit of the place had never come.
        await replica.ExecuteAsync("UPDATE audit_exports SET position = 2");
        using var again = Rig(replica, receiver, "cloudevents");
        await again.DeliverAsync();
        Assert.Equal([0, 1, 2, 3, 4, 2, 3, 4], receiver.Positions);
        Assert.Equal(receiver.Ids[2..5], receiver.Ids[5..]);
    }

    [Fact]
    public async Task One_replica_is_at_an_export_and_another_takes_over_when_it_falls_silent()
    {
        await using var receiver = await Receiver.StartAsync("cloudevents");
        await using var first = await OpenAsync("postgres", postgres);
        await using var second = await first.AnotherAsync();
        using var one = Rig(first, receiver, "cloudevents");
        using var two = Rig(second, receiver, "cloudevents");
        await one.TellAsync(3);
        await one.DeliverAsync();
        await one.TellAsync(3);
        await two.DeliverAsync();
        Assert.Equal(4, receiver.Positions.Count);
        ((HeldClock)first.Clock).Advance(Hour);
        await two.DeliverAsync();
        Assert.Equal(Enumerable.Range(0, 7).Select(i => (long)i), receiver.Positions);
    }

    [Fact]
    public async Task A_receiver_that_stands_still_holds_up_neither_records_nor_other_exports()
    {
        await using var stuck = await Receiver.StartAsync("cloudevents");
        await using var well = await Receiver.StartAsync("cloudevents");
        await using var replica = await OpenAsync("sqlite", postgres);
        stuck.Next(Fault.IsSlow);
        using var rig = new EvidenceRig(replica, exports: _ => [Export("stuck", stuck, "cloudevents", null), Export("well", well, "cloudevents", null)]);
        await rig.TellAsync(3);
        await rig.Sealer.SealAsync(always: true, default);
        rig.Exports.Start(await rig.Tree.HeadAsync(default));
        for (var i = 0; well.Positions.Count < 4; i++)
        {
            Assert.True(i < 1200, "the other export stands still too");
            await Task.Delay(50);
        }

        await rig.TellAsync(2);
        await rig.Exports.StopAsync();
    }

    [Fact]
    public async Task Files_hold_every_record_once_over_crashes_days_and_sizes_and_verify()
    {
        await using var replica = await OpenAsync("sqlite", postgres);
        var folder = Directory.CreateTempSubdirectory("credbroker-test-").FullName;
        try
        {
            using var key = Issuer.P256SigningKey.Generate();
            async Task RoundAsync(int records, Action? between = null)
            {
                using var rig = new EvidenceRig(replica, key: key, exports: checkpoints => [new AuditExport("folder", new NativeFormat(checkpoints), new FolderSink(folder, replica.Clock, largest: 40_000))]);
                await rig.TellAsync(records);
                await rig.SealAndSignAsync();
                await rig.DeliverAsync();
                Assert.Null(Assert.Single(rig.Exports.Lanes).Failure);
                between?.Invoke();
            }

            await RoundAsync(5, () => File.AppendAllText(Growing(), "{\"position\":6,\"cha"));
            await RoundAsync(200);
            // The files are ahead of the place, as after a crash between the two.
            await replica.ExecuteAsync("UPDATE audit_exports SET position = 150");
            await RoundAsync(1);
            ((HeldClock)replica.Clock).Advance(TimeSpan.FromDays(1));
            await RoundAsync(4);
            await RoundAsync(4);

            var files = Directory.GetFiles(folder).Order(StringComparer.Ordinal).ToList();
            Assert.True(files.Count >= 3, string.Join('\n', files));
            Assert.Single(files, file => file.EndsWith(".partial", StringComparison.Ordinal));
            using var all = new MemoryStream();
            foreach (var file in files) all.Write(await File.ReadAllBytesAsync(file));
            using var rig = new EvidenceRig(replica, key: key);
            var verdict = await rig.VerifyAsync(all.ToArray());
            Assert.Equal((215, null), (verdict.Records, verdict.Problem));
            Assert.NotNull(verdict.Size);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string Growing() => Assert.Single(Directory.GetFiles(folder, "*.partial"));
    }

    [Fact]
    public async Task Checkpoints_are_sent_one_by_one()
    {
        await using var receiver = await Receiver.StartAsync("checkpoint");
        await using var replica = await OpenAsync("sqlite", postgres);
        using var rig = new EvidenceRig(replica, new AuditOptions { CheckpointTo = receiver.Address, CheckpointTokenFile = receiver.TokenFile });
        await rig.TellAsync(1);
        var first = await rig.SealAndSignAsync();
        await rig.TellAsync(1);
        var second = await rig.SealAndSignAsync();
        await rig.DeliverAsync();
        Assert.Equal([first.Note, second.Note], receiver.Bodies);
        Assert.Empty(receiver.Breaches);
    }

    private static EvidenceRig Rig(Replica replica, Receiver receiver, string format, TimeSpan? patience = null) =>
        new(replica, exports: checkpoints => [Export("siem", receiver, format, checkpoints, patience)]);

    private static AuditExport Export(string name, Receiver receiver, string form, Checkpoints.CheckpointStore? checkpoints, TimeSpan? patience = null)
    {
        IExportFormat format = form switch
        {
            "ocsf" => new OcsfFormat(),
            "native" => new NativeFormat(checkpoints!),
            _ => new CloudEventsFormat("https://broker.test"),
        };
        return new AuditExport(name, format, new HttpSink(receiver.Address, receiver.TokenFile, format.ContentType, format.IsArray, patience));
    }
}
