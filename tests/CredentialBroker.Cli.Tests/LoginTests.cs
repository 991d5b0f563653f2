using System.Globalization;
using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Tests;

/// <summary>Logging in against an authorization server that takes the standards at their word.</summary>
public sealed class LoginTests : CliTest
{
    private readonly ImpatientClock _clock = new();

    private string File => PathOf("state/credbroker/token");

    [Fact]
    public async Task Login_shows_the_code_waits_at_the_told_pace_and_keeps_the_token_private()
    {
        await using var issuer = await IssuerAsync();
        issuer.Answer("authorization_pending", "slow_down", "authorization_pending", "yes");
        var ran = await LoginAsync(issuer, "--audience", "credbroker-operators");
        Assert.Equal((0, ""), (ran.Code, ran.Out));
        Assert.Contains("Open https://login.example/device in a browser and enter the code WDJB-MJHT\n", ran.Error, StringComparison.Ordinal);
        Assert.Contains("https://login.example/device?user_code=WDJB-MJHT", ran.Error, StringComparison.Ordinal);
        Assert.Contains("until 2030-01-31T12:05", ran.Error, StringComparison.Ordinal);
        Assert.Equal(4, issuer.Polls);
        var asked = Assert.Single(issuer.DeviceRequests);
        Assert.Equal(("credbroker-operators", "openid offline_access"), (asked["audience"].ToString(), asked["scope"].ToString()));
        Assert.DoesNotContain("access-1", ran.Error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(Path.GetDirectoryName(File)!));
        Assert.Empty(issuer.Breaches);
    }

    [Fact]
    public async Task Five_seconds_are_kept_when_the_issuer_tells_none_and_a_lost_connection_halves_the_pace()
    {
        await using var issuer = await IssuerAsync();
        issuer.Tells = null;
        issuer.Answer("break", "authorization_pending", "yes");
        var ran = await LoginAsync(issuer);
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Contains("still waiting", ran.Error, StringComparison.Ordinal);
        Assert.Empty(issuer.Breaches);
    }

    [Theory]
    [InlineData("access_denied", "the login was denied")]
    [InlineData("expired_token", "nobody entered the code in time")]
    [InlineData("invalid_grant", "the issuer refuses: invalid_grant")]
    public async Task A_refused_login_is_denied_and_keeps_nothing(string error, string said)
    {
        await using var issuer = await IssuerAsync();
        issuer.Answer("authorization_pending", error);
        var ran = await LoginAsync(issuer);
        Assert.Equal(3, ran.Code);
        Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task A_code_that_nobody_enters_ends_by_itself()
    {
        await using var issuer = await IssuerAsync();
        var ran = await LoginAsync(issuer);
        Assert.Equal(3, ran.Code);
        Assert.InRange(issuer.Polls, 100, 120);
        Assert.Empty(issuer.Breaches);
    }

    [Fact]
    public async Task Metadata_is_found_by_both_standards_and_has_to_name_the_issuer()
    {
        await using var issuer = await IssuerAsync();
        issuer.OnlyOpenId = true;
        issuer.Answer("yes");
        Assert.Equal(0, (await LoginAsync(issuer)).Code);
        issuer.CallsItself = issuer.Name + "/";
        var ran = await LoginAsync(issuer);
        Assert.Equal(1, ran.Code);
        Assert.Contains("calls itself", ran.Error, StringComparison.Ordinal);
        Assert.Equal(1, issuer.Polls);
    }

    [Theory]
    [InlineData("http://login.example")]
    [InlineData("https://user@login.example")]
    [InlineData("login.example")]
    public async Task An_issuer_in_the_clear_is_not_asked(string issuer)
    {
        Environment["XDG_STATE_HOME"] = PathOf("state");
        Assert.Equal(2, (await RunAsync("login", "--issuer", issuer, "--client-id", "credbroker")).Code);
    }

    [Fact]
    public async Task Tokens_that_are_not_to_be_borne_are_refused()
    {
        await using var issuer = await IssuerAsync();
        issuer.TokenType = "DPoP";
        issuer.Answer("yes");
        Assert.Equal(1, (await LoginAsync(issuer)).Code);
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task The_login_is_used_refreshed_and_turned_over()
    {
        await using var issuer = await LoggedInAsync();
        Assert.Equal("Bearer access-1", await SentAsync());
        _clock.Pass(TimeSpan.FromMinutes(6));
        Assert.Equal("Bearer access-2", await SentAsync());
        _clock.Pass(TimeSpan.FromMinutes(6));
        Assert.Equal("Bearer access-3", await SentAsync());
        Assert.Equal("Bearer access-3", await SentAsync());
        Assert.Equal(2, issuer.Refreshes);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Forgive();
    }

    [Fact]
    public async Task Several_at_once_refresh_once()
    {
        await using var issuer = await LoggedInAsync();
        _clock.Pass(TimeSpan.FromMinutes(6));
        // Waiting for the lock moves this clock, so that the second token would end too: six at a standstill.
        Clock = new Standstill(_clock.GetUtcNow());
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RunAsync("freezes")));
        Assert.Equal(1, issuer.Refreshes);
        Assert.All(Broker.Requests, seen => Assert.Equal("Bearer access-2", seen.Headers.Authorization.ToString()));
        Forgive();
    }

    [Fact]
    public async Task An_issuer_that_keeps_its_refresh_token_is_asked_with_it_again()
    {
        await using var issuer = await IssuerAsync();
        issuer.TurnsOver = false;
        issuer.Answer("yes");
        await LoginAsync(issuer);
        foreach (var number in new[] { 2, 3 })
        {
            _clock.Pass(TimeSpan.FromMinutes(6));
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"Bearer access-{number}"), await SentAsync());
        }

        Forgive();
    }

    [Fact]
    public async Task A_login_that_cannot_be_refreshed_is_told_and_nothing_is_sent()
    {
        await using var issuer = await LoggedInAsync();
        await System.IO.File.WriteAllTextAsync(File, (await System.IO.File.ReadAllTextAsync(File)).Replace("refresh-1", "stolen", StringComparison.Ordinal));
        _clock.Pass(TimeSpan.FromMinutes(6));
        var ran = await RunAsync("freezes");
        Assert.Contains("the login is over (invalid_grant); credbroker login begins a new one", ran.Error, StringComparison.Ordinal);
        Assert.Equal(0, Broker.Only.Headers.Authorization.Count);
    }

    [Fact]
    public async Task An_issuer_that_is_gone_when_a_login_is_to_be_refreshed_is_unreachable()
    {
        var issuer = await LoggedInAsync();
        await issuer.DisposeAsync();
        _clock.Pass(TimeSpan.FromMinutes(6));
        Assert.Equal(4, (await RunAsync("freezes")).Code);
        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task A_login_is_sent_to_the_broker_it_is_for_and_to_no_other()
    {
        await using var issuer = await LoggedInAsync();
        await using var other = await StandIn.StartAsync();
        var ran = await RunAsync("freezes", "--addr", other.Address.ToString());
        Assert.Contains("nothing of it is sent to", ran.Error, StringComparison.Ordinal);
        Assert.Equal(0, other.Only.Headers.Authorization.Count);
    }

    [Fact]
    public async Task A_token_file_goes_before_the_login_and_a_claim_is_never_made_with_it()
    {
        await using var issuer = await LoggedInAsync();
        var claim = await RunAsync("lease", "claim", "orders-read");
        Assert.Equal(2, claim.Code);
        Assert.Empty(Broker.Requests);
        Environment["CREDBROKER_TOKEN_FILE"] = PathOf("token");
        Assert.Equal($"Bearer {The.Token}", await SentAsync());
    }

    [Fact]
    public async Task Logout_removes_the_file_and_ends_the_refresh_token()
    {
        await using var issuer = await LoggedInAsync();
        Assert.Equal(0, (await RunAsync("logout")).Code);
        Assert.False(System.IO.File.Exists(File));
        Assert.Equal("refresh-1", Assert.Single(issuer.Revoked));
        Assert.Contains("nobody is logged in", (await SucceedAsync("logout")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logout_tells_when_the_refresh_token_lives_on()
    {
        await using var issuer = await LoggedInAsync();
        issuer.Revokes = false;
        var ran = await RunAsync("logout");
        Assert.Equal(5, ran.Code);
        Assert.Contains("lives on", ran.Error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task A_file_that_holds_no_login_is_told_and_can_be_removed()
    {
        Environment.Remove("CREDBROKER_TOKEN_FILE");
        Environment["XDG_STATE_HOME"] = PathOf("state");
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        Write("state/credbroker/token", "not json");
        var ran = await RunAsync("freezes");
        Assert.Equal(1, ran.Code);
        Assert.Contains("holds no login", ran.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("logout")).Code);
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task Whoami_names_the_operator_and_every_role()
    {
        var ran = await SucceedAsync("whoami");
        Assert.Equal("name     ann\nissuer   https://login.example\nsubject  u-1\nrole     auditor\nrole     responder over environment=prod\n", ran.Out);
        Assert.Contains("\"selector\": \"environment=prod\"", (await SucceedAsync("whoami", "--json")).Out, StringComparison.Ordinal);
    }

    private async Task<StrictIssuer> IssuerAsync()
    {
        Clock = _clock;
        Environment.Remove("CREDBROKER_TOKEN_FILE");
        Environment["XDG_STATE_HOME"] = PathOf("state");
        return await StrictIssuer.StartAsync(_clock);
    }

    private async Task<StrictIssuer> LoggedInAsync()
    {
        var issuer = await IssuerAsync();
        issuer.Answer("yes");
        var ran = await LoginAsync(issuer);
        Assert.True(ran.Code == 0, ran.Error);
        return issuer;
    }

    private Task<Ran> LoginAsync(StrictIssuer issuer, params string[] more) => RunAsync(["login", "--issuer", issuer.Name, "--client-id", StrictIssuer.ClientId, .. more]);

    /// <summary>What the broker was sent as authorization.</summary>
    private async Task<string> SentAsync()
    {
        await RunAsync("freezes");
        return Broker.Requests.Last().Headers.Authorization.ToString();
    }

    /// <summary>The stand-in knows one token only; others are what these tests are about.</summary>
    private void Forgive()
    {
        Assert.All(Broker.Breaches, breach => Assert.Contains("authorization is not the token's bearer", breach, StringComparison.Ordinal));
        Broker.Breaches.Clear();
    }

    private sealed class Standstill(DateTimeOffset at) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => at;
    }
}
