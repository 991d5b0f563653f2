using CredentialBroker.Backends.Aws;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// kill -9 at every named point while a session of AWS is made, made anew or ended, in both modes and on both stores, one with the other: no
/// session works, and no role stays, that no live lease is for.
/// </summary>
public sealed class AwsCrashTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly string[] Modes = ["condition", "role"];

    private const string Scopes = $$"""scopes: { read: { statements: [{ actions: ["s3:GetBucketLocation"], resources: ["{{AwsPrepared.Bucket}}"] }] } }""";

    [Fact]
    public Task R24_Nothing_is_orphaned_at_AWS_when_killed_while_issuing() => EachAsync(scene => CrashRun.IssuingAsync(scene));

    [Fact]
    public Task Nothing_is_lost_at_AWS_when_killed_while_renewing() => RunAsync("postgres", "condition", scene => CrashRun.RenewingAsync(scene));

    [Fact]
    public Task R21_The_end_at_AWS_goes_on_when_killed_while_ending() => EachAsync(scene => CrashRun.EndingAsync(scene));

    /// <summary>Each store, and each mode: which of the two a mode's denies and roles stand in makes no difference to it.</summary>
    private Task EachAsync(Func<CrashScene, Task> run) => Task.WhenAll(CrashPoints.Stores.Zip(Modes, (store, mode) => RunAsync(store, mode, run)));

    private async Task RunAsync(string store, string mode, Func<CrashScene, Task> run)
    {
        await using var aws = await AwsPrepared.StartAsync();
        var how = mode == "role" ? "mode: role" : $"role: \"{aws.Role.Arn}\"";
        var looked = 0;
        await run(new CrashScene(aws.AddTo, SceneFolder.Template("orders", $"{{ aws: {{ target: prod, {how}, {Scopes} }} }}"), () => Standing(aws.Account))
        {
            Store = await postgres.StoreAsync(store),
            // A role of a lease's own needs no look: whoever ends it takes the role away.
            Ready = async () => looked = mode == "role" ? 0 : await LookedAtAsync(aws, looked),
        });
    }

    /// <summary>Ids of the leases whose session works, or whose role is there.</summary>
    private static List<string> Standing(StandInAccount account) => account.Locked(() => account.Sessions.Values
        .Where(session => account.Allows(new StandInCaller(null, session), "s3:GetBucketLocation", AwsPrepared.Bucket)).Select(session => session.Tags["lease-id"])
        .Concat(account.Roles.Values.Where(role => role.Path == "/credbroker/").Select(role => role.Tags["credbroker-lease"])).ToList());

    /// <summary>Until a broker has looked at a role, its leases there are expected to expire only, and are waited for until they do.</summary>
    /// <returns>How often any broker has begun to look.</returns>
    private static async Task<int> LookedAtAsync(AwsPrepared aws, int before)
    {
        for (var i = 0; ; i++)
        {
            var asked = aws.StandIn.Asked.ToList();
            // Looking lists the other policies, then writes what is denied and reads it back.
            var looks = asked.Count(action => action == "ListRolePolicies");
            var since = asked.Skip(asked.LastIndexOf("ListRolePolicies")).ToList();
            if (looks > before && since.IndexOf("PutRolePolicy") is >= 0 and var put && since.Skip(put).Contains("GetRolePolicy")) return looks;
            // Who was killed with a role's pen in hand keeps it from others for as long as a late write of his may be under way.
            Assert.True(i < 1800, "the role was not looked at");
            await Task.Delay(100);
        }
    }
}
