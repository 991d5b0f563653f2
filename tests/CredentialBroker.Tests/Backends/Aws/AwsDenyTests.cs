using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Backends.Aws;

/// <summary>Ending one session of a role that others use too.</summary>
[Collection("postgres")]
public sealed class AwsDenyTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("source-identity", "StringEquals", "aws:SourceIdentity")]
    [InlineData("user-id", "StringLike", "aws:userid")]
    [InlineData("principal-tag", "StringEquals", "aws:PrincipalTag/lease-id")]
    public async Task R23_A_session_that_worked_is_refused_once_its_lease_ended_and_its_neighbour_works_on(string denyBy, string test, string key)
    {
        await using var rig = await AwsRig.StartAsync(change: target => target with { DenyBy = denyBy });
        var (handle, minted, order) = await rig.MintAsync();
        var (_, neighbour, _) = await rig.MintAsync();
        Assert.True(await rig.WorksAsync(minted.Secret));

        await rig.Backend.EndAsync(handle, default);

        Assert.False(await rig.WorksAsync(minted.Secret));
        Assert.True(await rig.WorksAsync(neighbour.Secret));
        Assert.Equal(
            DenyDocument.Render(DenyKey.Find(denyBy)!, [DenyKey.Find(denyBy)!.ValueOf(AwsRig.BrokerId, order.LeaseId)], before: null), rig.Denied());
        Assert.Contains($"\"{test}\":{{\"{key}\":[", rig.Denied()!, StringComparison.Ordinal);
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(order.Grant, neighbour.Secret, default));
    }

    [Fact]
    public async Task R23_A_session_made_for_a_renewal_ends_with_the_first()
    {
        await using var rig = await AwsRig.StartAsync();
        var (handle, minted, order) = await rig.MintAsync();
        var renewed = await rig.Backend.RenewAsync(handle, order with { EndsAt = order.EndsAt + 60_000 }, default);
        Assert.Equal(rig.Session(minted.Secret).Name, rig.Session(renewed.Secret).Name);
        Assert.NotEqual(rig.Session(minted.Secret).KeyId, rig.Session(renewed.Secret).KeyId);
        await rig.Backend.EndAsync(renewed.Handle!, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
        Assert.False(await rig.WorksAsync(renewed.Secret));
    }

    [Fact]
    public async Task R23_Four_hundred_ends_at_once_stay_within_the_policy_and_a_neighbour_works_on()
    {
        await using var rig = await AwsRig.StartAsync();
        var handles = new List<(string Handle, Secret Secret)>();
        for (var i = 0; i < 400; i++)
        {
            var (handle, minted, _) = await rig.MintAsync();
            handles.Add((handle, minted.Secret));
        }

        var (_, neighbour, _) = await rig.MintAsync();
        await Task.WhenAll(handles.Select(one => Task.Run(() => rig.Backend.EndAsync(one.Handle, default).AsTask())));

        Assert.InRange(rig.Denied()!.Length, 400 * 20, DenyDocument.Limit);
        Assert.All(handles, one => Assert.False(rig.Account.Locked(() => rig.Account.Allows(new StandInCaller(null, rig.Account.Sessions[AwsRig.Parts(one.Secret)["accessKeyId"]]), "s3:GetBucketLocation", AwsRig.Bucket))));
        Assert.False(await rig.WorksAsync(handles[0].Secret));
        Assert.True(await rig.WorksAsync(neighbour.Secret));
        // Ends that wait for the same role share a write.
        Assert.InRange(rig.StandIn.Asked.Count(action => action == "PutRolePolicy"), 1, 200);
    }

    [Fact]
    public async Task R23_When_a_role_can_deny_no_more_it_gets_no_new_leases_and_what_lives_there_can_be_ended()
    {
        await using var rig = await AwsRig.StartAsync();
        // What an operator wrote there leaves room for few.
        rig.Account.Locked(() => rig.Role.Inline["more"] = Padded(9_850));
        var room = (await rig.Roles.LookAsync(rig.Connections.To(AwsRig.TargetName), rig.Role.Arn, default)).Room;
        Assert.InRange(room, 1, 10);
        var made = new List<(string Handle, Minted Minted, Order Order)>();
        for (var i = 0; i < room; i++) made.Add(await rig.MintAsync());
        var refused = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Equal((ReasonCodes.TargetOverloaded, true), (refused.Code, refused.Transient));
        Assert.Equal(room, rig.Account.Sessions.Count);
        foreach (var (handle, minted, _) in made)
        {
            await rig.Backend.EndAsync(handle, default);
            Assert.False(await rig.WorksAsync(minted.Secret));
        }

        // With a cut-off beside them it still fits.
        await rig.Replica.CommitAsync([.. AwsCutOffs.Works(AwsRig.TargetName, rig.Role.Arn, rig.Clock.NowMs() - 3_600_000)]);
        await rig.Tending.RunAsync(default);
        Assert.Contains("aws:TokenIssueTime", rig.Denied()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_died_by_itself_is_denied_no_longer_and_needs_no_deny()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        await using var rig = await AwsRig.StartAsync(clock);
        var (handle, _, _) = await rig.MintAsync();
        var (other, _, order) = await rig.MintAsync(life: TimeSpan.FromSeconds(30));
        await rig.Backend.EndAsync(handle, default);
        Assert.Contains("cb-abc123-", rig.Denied()!, StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromSeconds(31));
        var put = rig.StandIn.Asked.Count(action => action == "PutRolePolicy");
        Assert.False((await rig.Backend.EndAsync(other, default)).WasThere);
        Assert.Equal(put, rig.StandIn.Asked.Count(action => action == "PutRolePolicy"));
        clock.Advance(TimeSpan.FromMinutes(7));
        await rig.Tending.RunAsync(default);
        Assert.Equal(DenyDocument.Render(DenyKey.Find("source-identity")!, [], before: null), rig.Denied());
        Assert.Empty(await rig.Sessions.LiveAsync(rig.Role.Arn, default));
        Assert.Equal(Probe.Dead, await rig.Backend.ProbeAsync(other, default));
        Assert.True(order.EndsAt < clock.NowMs());
    }

    [Fact]
    public async Task R23_A_cut_off_spares_what_was_issued_after_it()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        await using var rig = await AwsRig.StartAsync(clock);
        var (_, before, _) = await rig.MintAsync();
        var foreign = rig.Account.Locked(() => rig.Account.Sessions.Values.First());
        clock.Advance(TimeSpan.FromMinutes(1));
        var time = clock.NowMs() / 1000 * 1000;
        clock.Advance(TimeSpan.FromSeconds(2));
        var (_, after, later) = await rig.MintAsync();
        var cut = new AwsCutOffs(rig.Connections, rig.Sessions, rig.Denials);
        var (hit, spared) = await cut.PreviewAsync(rig.Role.Arn, time, default);
        Assert.Equal((1, 1), (hit.Count, spared));
        Assert.True(await rig.WorksAsync(before.Secret));

        await rig.Replica.CommitAsync([.. AwsCutOffs.Works(AwsRig.TargetName, rig.Role.Arn, time)]);
        Assert.Null(await cut.EnforceAsync(AwsRig.TargetName, rig.Role.Arn, default));

        Assert.False(await rig.WorksAsync(before.Secret));
        Assert.True(await rig.WorksAsync(after.Secret));
        Assert.NotNull(foreign);
        Assert.DoesNotContain(later.LeaseId, hit);
        // No session of then can be alive after twelve hours, and the statement goes.
        clock.Advance(TimeSpan.FromHours(12));
        await rig.Tending.RunAsync(default);
        Assert.DoesNotContain("TokenIssueTime", rig.Denied()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R23_Ends_on_several_replicas_at_once_lose_no_deny()
    {
        await using var rig = await AwsRig.StartAsync(database: postgres);
        var other = await rig.AnotherAsync();
        var made = new List<(string Handle, Minted Minted, Order Order)>();
        for (var i = 0; i < 24; i++) made.Add(await rig.MintAsync(backend: i % 2 == 0 ? rig.Backend : other));
        // Slow answers, so that the two are at it at once.
        rig.StandIn.Between = action => Task.Delay(action == "PutRolePolicy" ? 30 : 0);
        await Task.WhenAll(made.Select((one, i) => Task.Run(() => (i % 3 == 0 ? rig.Backend : other).EndAsync(one.Handle, default).AsTask())));
        foreach (var (_, minted, order) in made)
        {
            Assert.Contains(SessionNames.IdentityOf(AwsRig.BrokerId, order.LeaseId), rig.Denied()!, StringComparison.Ordinal);
            Assert.False(await rig.WorksAsync(minted.Secret));
        }

        var document = (await rig.Sessions.DocumentAsync(rig.Role.Arn, default))!;
        Assert.Equal((document.Version, (string?)null), (document.Confirmed, document.Writer));
    }

    [Fact]
    public async Task A_pen_that_a_dead_replica_holds_is_taken_over_and_what_it_left_is_written()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        await using var rig = await AwsRig.StartAsync(clock);
        var (handle, minted, _) = await rig.MintAsync();
        await rig.Sessions.TakePenAsync(rig.Role.Arn, "dead", clock.NowMs() + 20_000, default);
        using var impatient = new CancellationTokenSource();
        var ending = rig.Backend.EndAsync(handle, impatient.Token).AsTask();
        for (var i = 0; i < 200 && rig.Replica.Journal is not null && (await rig.Sessions.UnconfirmedAsync(default)).Count == 0; i++) await Task.Delay(10);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ending);
        Assert.True(await rig.WorksAsync(minted.Secret));
        clock.Advance(TimeSpan.FromSeconds(21));
        await rig.Tending.RunAsync(default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Fact]
    public async Task What_somebody_else_took_out_of_the_policy_is_put_back()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        await using var rig = await AwsRig.StartAsync(clock);
        var (handle, minted, _) = await rig.MintAsync(life: TimeSpan.FromMinutes(14));
        await rig.Tending.RunAsync(default);
        await rig.Backend.EndAsync(handle, default);
        rig.Account.Locked(() => rig.Role.Inline.Remove(SessionNames.DenialsOf(AwsRig.BrokerId)));
        Assert.True(await rig.WorksAsync(minted.Secret));
        clock.Advance(TimeSpan.FromSeconds(61));
        await rig.Tending.RunAsync(default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Fact]
    public async Task A_deny_that_no_lease_is_for_is_listed_and_ended()
    {
        await using var rig = await AwsRig.StartAsync();
        var (handle, _, _) = await rig.MintAsync();
        await rig.Backend.EndAsync(handle, default);
        Assert.Empty(await rig.Backend.ListAsync(AwsRig.TargetName, default));
        rig.Account.Locked(() => rig.Role.Inline[SessionNames.DenialsOf(AwsRig.BrokerId)] = rig.Denied()!.Replace("[\"cb-", "[\"cb-abc123-0000000000\",\"cb-", StringComparison.Ordinal));
        var stray = Assert.Single(await rig.Backend.ListAsync(AwsRig.TargetName, default));
        Assert.True((await rig.Backend.EndAsync(stray.Handle, default)).WasThere);
        Assert.Empty(await rig.Backend.ListAsync(AwsRig.TargetName, default));
        Assert.DoesNotContain("0000000000", rig.Denied()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R22_Where_the_broker_may_not_write_the_policy_leases_only_expire_and_say_so()
    {
        await using var rig = await AwsRig.StartAsync(rights: """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"*"}]}""");
        var (handle, minted, order) = await rig.MintAsync();
        Assert.Equal(Revocability.ExpiryOnly, rig.Backend.RevocabilityOf(order.Grant));
        Assert.Equal(ReasonCodes.EndFailed, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask())).Code);
        Assert.True(await rig.WorksAsync(minted.Secret));
        Assert.Contains(await rig.Backend.CheckAsync(AwsRig.TargetName, default), problem => problem.Contains("may not write policies", StringComparison.Ordinal));
        Assert.True(rig.Backend.DiesAtExpiryOf(handle));
    }

    [Fact]
    public async Task A_role_that_was_looked_at_promises_what_it_can()
    {
        await using var rig = await AwsRig.StartAsync();
        Assert.Equal(Revocability.ExpiryOnly, rig.Backend.RevocabilityOf(rig.Grant()));
        await rig.Tending.RunAsync(default);
        Assert.Equal(Revocability.Condition, rig.Backend.RevocabilityOf(rig.Grant()));
        Assert.Equal(Revocability.Principal, rig.Backend.RevocabilityOf(rig.OwnRole(AwsRig.Read)));
        Assert.Empty(await rig.Backend.CheckAsync(AwsRig.TargetName, default));
        Assert.DoesNotContain(rig.Role.Inline.Keys, key => key.StartsWith("CredentialBrokerCheck", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lease_that_the_store_forgot_is_denied_by_what_its_handle_knows()
    {
        await using var rig = await AwsRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        await rig.Replica.CommitAsync(new Storage.Journaling.PlainWrite("DELETE FROM aws_sessions"));
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Fact]
    public async Task R23_What_was_denied_stays_denied_when_the_store_comes_back_from_a_backup()
    {
        await using var rig = await AwsRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        await rig.Backend.EndAsync(handle, default);
        await rig.Replica.CommitAsync(new Storage.Journaling.PlainWrite("DELETE FROM aws_sessions"), new Storage.Journaling.PlainWrite("DELETE FROM aws_documents"));
        rig.Connect(rig.Target);
        var (_, neighbour, _) = await rig.MintAsync();
        await rig.Tending.RunAsync(default);
        Assert.False(await rig.WorksAsync(minted.Secret));
        Assert.True(await rig.WorksAsync(neighbour.Secret));
    }

    private static string Padded(int size)
    {
        var text = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::"}]}""";
        return text.Replace("s3:::", $"s3:::{new string('x', size - text.Length)}", StringComparison.Ordinal);
    }
}
