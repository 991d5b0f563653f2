using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Audit;

/// <summary>How a receiver fails, once.</summary>
public enum Fault
{
    Answers500,
    Redirects,
    Cuts,
    TakesItAndCuts,
    IsSlow,
}

/// <summary>Somebody else's intake: knows the form it takes, refuses everything else, and fails when told to.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private const string Token = "receivers-own-token";

    private readonly WebApplication _app;
    private readonly string _form;
    private readonly ConcurrentQueue<Fault> _faults = new();
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();

    private Receiver(WebApplication app, string form, Uri address)
    {
        (_app, _form, Address) = (app, form, address);
        TokenFile = Path.GetTempFileName();
        File.WriteAllText(TokenFile, $"{Token}\n");
    }

    public Uri Address { get; }

    public string TokenFile { get; }

    public int Asked { get; private set; }

    public List<long> Positions { get; } = [];

    public List<string> Ids { get; } = [];

    public List<string> Bodies { get; } = [];

    public List<string> Breaches { get; } = [];

    public static async Task<Receiver> StartAsync(string form)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var address = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}/intake");
        var app = builder.Build();
        app.Urls.Add(address.GetLeftPart(UriPartial.Authority));
        var receiver = new Receiver(app, form, address);
        app.MapPost("/intake", receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public void Next(params Fault[] faults)
    {
        foreach (var fault in faults) _faults.Enqueue(fault);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.DisposeAsync();
        File.Delete(TokenFile);
        _stop.Dispose();
    }

    private async Task TakeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        lock (_gate) Asked++;
        if (!_faults.TryDequeue(out var fault))
        {
            Keep(http, body);
            http.Response.StatusCode = 202;
            return;
        }

        if (fault is Fault.TakesItAndCuts or Fault.IsSlow) Keep(http, body);
        switch (fault)
        {
            case Fault.Answers500: http.Response.StatusCode = 500; break;
            case Fault.Redirects: http.Response.Redirect("/elsewhere"); break;
            case Fault.IsSlow: await Task.Delay(TimeSpan.FromMinutes(10), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); break;
            default: http.Abort(); break;
        }
    }

    private void Keep(HttpContext http, string body)
    {
        lock (_gate)
        {
            Bodies.Add(body);
            if (http.Request.Headers.Authorization != $"Bearer {Token}") Breaches.Add("no token");
            var wanted = _form switch { "ocsf" => "application/json", "cloudevents" => "application/cloudevents-batch+json", "native" => "application/x-ndjson", _ => "text/plain" };
            if (http.Request.ContentType != wanted) Breaches.Add($"content type {http.Request.ContentType}");
            if (_form == "checkpoint") return;
            try
            {
                var events = _form == "native"
                    ? body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
                    : JsonDocument.Parse(body).RootElement.EnumerateArray();
                foreach (var told in events) Read(told);
            }
            catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                Breaches.Add(fault.Message);
            }
        }
    }

    private void Read(JsonElement told)
    {
        if (_form == "native" && told.TryGetProperty("checkpoint", out _)) return;
        var (id, position) = _form switch
        {
            "ocsf" => (told.GetProperty("metadata").GetProperty("uid").GetString(), told.GetProperty("metadata").GetProperty("sequence").GetInt64()),
            "cloudevents" => (told.GetProperty("id").GetString(), long.Parse(told.GetProperty("sequence").GetString()!, CultureInfo.InvariantCulture)),
            _ => (JsonDocument.Parse(told.GetProperty("body").GetString()!).RootElement.GetProperty("id").GetString(), told.GetProperty("position").GetInt64()),
        };
        Ids.Add(id!);
        Positions.Add(position);
    }
}
