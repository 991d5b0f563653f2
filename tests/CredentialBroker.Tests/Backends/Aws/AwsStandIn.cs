using System.Collections.Concurrent;
using System.Globalization;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// A stand-in for STS, IAM and a little of S3, written from their documentation and no part of AWS: it computes every
/// signature itself, keeps clocks and expiries, evaluates trust, role and session policies with the condition keys that
/// the broker rests on, counts sizes, and answers errors in their documented shape. Whatever is not documented, or not
/// used here, is refused and noted in <see cref="Undocumented"/>.
/// </summary>
internal sealed class AwsStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AwsStandIn(WebApplication app, Uri url, TimeProvider clock)
    {
        (_app, Url) = (app, url);
        State = new StandInAccount(clock);
    }

    public Uri Url { get; }

    public StandInAccount State { get; }

    /// <summary>Whatever was asked that AWS does not document; a test that leaves something here fails.</summary>
    public ConcurrentQueue<string> Undocumented { get; } = new();

    /// <summary>Every action that was asked, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Actions that are worked on, and whose answer is lost on the way.</summary>
    public ConcurrentDictionary<string, bool> Losing { get; } = new();

    /// <summary>Actions that never answer.</summary>
    public ConcurrentDictionary<string, bool> Hanging { get; } = new();

    /// <summary>Actions answered by a change of the true answer.</summary>
    public ConcurrentDictionary<string, Func<string, string>> Altered { get; } = new();

    /// <summary>Answers given instead, by action.</summary>
    public ConcurrentDictionary<string, (int Status, string? Location, string Body)> Instead { get; } = new();

    /// <summary>Runs between an action's work and its answer.</summary>
    public Func<string, Task>? Between { get; set; }

    public bool Throttling { get; set; }

    public bool Down { get; set; }

    public static async Task<AwsStandIn> StartAsync(TimeProvider clock)
    {
        var url = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var standIn = new AwsStandIn(builder.Build(), url, clock);
        standIn._app.Urls.Add(url.ToString());
        standIn._app.Run(standIn.AnswerAsync);
        await standIn._app.StartAsync();
        return standIn;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var memory = new MemoryStream();
        await http.Request.Body.CopyToAsync(memory);
        var body = memory.ToArray();
        var form = QueryHelpers.ParseQuery(System.Text.Encoding.UTF8.GetString(body)).ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        var action = http.Request.Method == "POST" ? form.GetValueOrDefault("Action", "?") : "Get";
        Asked.Enqueue(action);
        if (Hanging.ContainsKey(action)) await Task.Delay(Timeout.Infinite, http.RequestAborted);
        if (Instead.TryGetValue(action, out var instead))
        {
            (http.Response.StatusCode, http.Response.ContentType) = (instead.Status, "text/xml");
            if (instead.Location is not null) http.Response.Headers.Location = instead.Location;
            await http.Response.WriteAsync(instead.Body);
            return;
        }

        string answer;
        try
        {
            if (Down) throw new StandInRefusal(503, "ServiceUnavailable");
            if (Throttling) throw new StandInRefusal(400, "Throttling");
            answer = await WorkAsync(http, form, body);
        }
        catch (StandInRefusal refusal)
        {
            if (refusal.IsUndocumented) Undocumented.Enqueue($"{action}: {refusal.Message}");
            http.Response.StatusCode = refusal.Status;
            answer = action == "Get"
                ? $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{refusal.Code}</Code><Message>no</Message><RequestId>r</RequestId></Error>"
                : $"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{refusal.Code}</Code><Message>{refusal.Code}: a secret of somebody</Message></Error><RequestId>r</RequestId></ErrorResponse>";
        }

        if (Between is not null) await Between(action);
        if (Losing.ContainsKey(action))
        {
            http.Abort();
            return;
        }

        http.Response.ContentType = "text/xml";
        await http.Response.WriteAsync(Altered.TryGetValue(action, out var alter) && http.Response.StatusCode == 200 ? alter(answer) : answer);
    }

    private async Task<string> WorkAsync(HttpContext http, Dictionary<string, string> form, byte[] body)
    {
        if (http.Request.Method == "GET")
        {
            var caller = SignatureV4.Verify(http.Request, body, State, "s3", StandInAccount.Region);
            return State.Locked(() => StandInS3.Get(State, caller, http.Request));
        }

        if (http.Request.Method != "POST" || http.Request.Path != "/" || http.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) != true || http.Request.QueryString.HasValue)
            throw StandInRefusal.Undocumented("a request that is no form");
        switch (form["Version"])
        {
            case "2011-06-15" when form["Action"] == "AssumeRoleWithWebIdentity":
                if (http.Request.Headers.Authorization.Count > 0) throw StandInRefusal.Undocumented("a signature where none is needed");
                return await StandInSts.ByTokenAsync(State, form);
            case "2011-06-15":
                var caller = SignatureV4.Verify(http.Request, body, State, "sts", StandInAccount.Region);
                return State.Locked(() => StandInSts.Answer(State, caller, form));
            case "2010-05-08":
                var manager = SignatureV4.Verify(http.Request, body, State, "iam", "us-east-1");
                return State.Locked(() => StandInIam.Answer(State, manager, form));
            default:
                throw StandInRefusal.Undocumented($"version {form["Version"]}");
        }
    }

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

internal sealed class StandInRefusal(int status, string code, string detail = "") : Exception(detail)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public bool IsUndocumented { get; private init; }

    public static StandInRefusal Undocumented(string what) => new(400, "InvalidAction", what) { IsUndocumented = true };
}
