using CredentialBroker.Sidecar.Identity;
using CredentialBroker.Sidecar.Tests.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Sidecar.Tests.Identity;

/// <summary>Tokens that a platform hands to its workloads: in a variable, in a file, or when asked.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private const string Secret = "runner-request-secret";
    private readonly Dictionary<string, string?> _variables = [];
    private readonly List<string> _queries = [];
    private Func<HttpContext, Task> _answer = http => http.Response.WriteAsync("""{"count":1,"value":"job.token.1"}""");
    private WebApplication _runner = null!;

    private Surroundings Around => new(TextReader.Null, TextWriter.Null, TextWriter.Null, name => _variables.GetValueOrDefault(name), TimeProvider.System);

    /// <summary>A runner of GitHub's as its documentation has it: GET with the job's own secret, the audience in the query.</summary>
    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        _runner = builder.Build();
        _runner.Run(http =>
        {
            _queries.Add(http.Request.QueryString.Value!);
            if (http.Request.Method == "GET" && http.Request.Headers.Authorization == $"Bearer {Secret}") return _answer(http);
            http.Response.StatusCode = 401;
            return Task.CompletedTask;
        });
        await _runner.StartAsync();
        (_variables["ACTIONS_ID_TOKEN_REQUEST_URL"], _variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]) = ($"{_runner.Urls.Single()}/token?api-version=2.0", Secret);
    }

    public async Task DisposeAsync() => await _runner.DisposeAsync();

    [Fact]
    public async Task A_job_asks_its_runner_each_time_for_the_audience_it_is_told()
    {
        var job = new GitHubJob("https://broker.example/a b&c", Around);
        Assert.Equal("job.token.1", await TextOfAsync(job));
        _answer = http => http.Response.WriteAsync("""{"value":"job.token.2"}""");
        Assert.Equal("job.token.2", await TextOfAsync(job));
        Assert.Equal(2, _queries.Count);
        Assert.All(_queries, query => Assert.Equal("?api-version=2.0&audience=https%3A%2F%2Fbroker.example%2Fa%20b%26c", query));
    }

    [Theory]
    [InlineData("""{"count":0}""")]
    [InlineData("""{"value":17}""")]
    [InlineData("""{"value":""}""")]
    [InlineData("""{"value":"two tokens"}""")]
    [InlineData("""["value"]""")]
    [InlineData("no json")]
    [InlineData("")]
    public async Task What_is_no_token_is_refused(string answer)
    {
        _answer = http => http.Response.WriteAsync(answer);
        await RefusedAsync(new GitHubJob("a", Around));
    }

    [Fact]
    public async Task A_runner_that_refuses_redirects_or_floods_gives_none()
    {
        var job = new GitHubJob("a", Around);
        _answer = http => Task.FromResult(http.Response.StatusCode = 403);
        Assert.Contains("403", (await RefusedAsync(job)).Message, StringComparison.Ordinal);
        _answer = http =>
        {
            http.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        };
        Assert.Contains("302", (await RefusedAsync(job)).Message, StringComparison.Ordinal);
        _answer = http => http.Response.WriteAsync("{\"value\":\"" + new string('a', 200_000) + "\"}");
        await RefusedAsync(job);
        _variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "wrong";
        Assert.Contains("401", (await RefusedAsync(job)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ACTIONS_ID_TOKEN_REQUEST_URL", null)]
    [InlineData("ACTIONS_ID_TOKEN_REQUEST_URL", "http://runner.example/token")]
    [InlineData("ACTIONS_ID_TOKEN_REQUEST_URL", "file:///etc/passwd")]
    [InlineData("ACTIONS_ID_TOKEN_REQUEST_TOKEN", null)]
    public async Task Without_the_permission_the_job_is_told_which_one(string variable, string? value)
    {
        _variables[variable] = value;
        Assert.Contains("id-token: write", (await RefusedAsync(new GitHubJob("a", Around))).Message, StringComparison.Ordinal);
        Assert.Empty(_queries);
    }

    [Fact]
    public async Task A_variable_holds_one_token_and_is_read_at_each_call()
    {
        var identity = new TokenVariable("JOB_TOKEN", Around);
        Assert.Contains("JOB_TOKEN", (await RefusedAsync(identity)).Message, StringComparison.Ordinal);
        _variables["JOB_TOKEN"] = " one.token\n";
        Assert.Equal("one.token", await TextOfAsync(identity));
        foreach (var wrong in new[] { "", "  ", "a b", "a\nb", "ä", new string('a', Tokens.Longest + 1) })
        {
            _variables["JOB_TOKEN"] = wrong;
            var refused = await RefusedAsync(identity);
            // The complaint names the place and not what is in it.
            Assert.Equal("the variable JOB_TOKEN does not hold one token", refused.Message);
        }
    }

    [Fact]
    public async Task A_file_is_read_at_each_call_and_is_no_larger_than_a_token()
    {
        var file = Path.GetTempFileName();
        try
        {
            var identity = new TokenFile(file);
            await RefusedAsync(identity);
            foreach (var token in new[] { "first.token", "second.token" })
            {
                await File.WriteAllTextAsync(file, token + "\n");
                Assert.Equal(token, await TextOfAsync(identity));
            }

            await File.WriteAllTextAsync(file, new string('a', Tokens.Longest + 1));
            await RefusedAsync(identity);
            File.Delete(file);
            await RefusedAsync(identity);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void No_proof_shows_itself_where_it_is_printed() => Assert.Equal("[token]", new Proof.Token("secret").ToString());

    private static async Task<string> TextOfAsync(IIdentity identity) => Assert.IsType<Proof.Token>(await identity.ProveAsync(default)).Text;

    private static Task<IdentityException> RefusedAsync(IIdentity identity) => Assert.ThrowsAsync<IdentityException>(() => identity.ProveAsync(default));
}
