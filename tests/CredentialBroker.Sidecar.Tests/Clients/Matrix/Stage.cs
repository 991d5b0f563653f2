using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Identity;
using CredentialBroker.Sidecar.Life;
using CredentialBroker.Sidecar.Tests.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>
/// One scenario's broker and sidecar in a client's place. Both have the test's clock, which begins now: clients have the
/// machine's, to which a lease of four minutes is always one that wants to be refreshed.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Rig.Lines _log = new();
    private FakeClock _clock = null!;
    private RunningSidecar? _sidecar;

    private Stage(Place place, BrokerStandIn broker) => (Place, Broker) = (place, broker);

    public Place Place { get; }

    public RealClient Client => Place.Client;

    public BrokerStandIn Broker { get; private init; }

    public static async Task<Stage> BeginAsync(Place place)
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        var stage = new Stage(place, await BrokerStandIn.StartAsync(clock)) { _clock = clock };
        var template = place.Client.Template(place) with { Ttl = TimeSpan.FromMinutes(4), MaxTtl = TimeSpan.FromDays(1), Renewal = StandInRenewal.None };
        stage.Broker.Templates[template.Name] = template;
        await File.WriteAllTextAsync(place.PathOf("token"), The.Evidence);
        await stage.StartSidecarAsync();
        return stage;
    }

    public Task<Answer> AskAsync(bool anew = false) => Place.AskAsync(anew);

    /// <summary>The client has the credential of this number.</summary>
    public async Task HoldsAsync(int number, bool anew = false)
    {
        var answer = await AskAsync(anew);
        Assert.True(answer.Got && answer.Text.Contains(Client.Shows(number), StringComparison.Ordinal), $"wanted {Client.Shows(number)}: {answer}\n{_log}");
    }

    /// <summary>The client is told no, in words that a person understands.</summary>
    public async Task IsRefusedAsync(string says)
    {
        var answer = await AskAsync(anew: true);
        Assert.False(answer.Got, answer.ToString());
        Assert.Matches(says, answer.Text);
    }

    public async Task StartSidecarAsync()
    {
        var name = Client.Template(Place).Name;
        var options = new SidecarOptions
        {
            Broker = new BrokerOptions { Address = Broker.Address.ToString() }, Identity = new IdentityOptions { Kind = "token-file", TokenFile = Place.PathOf("token") },
            Leases = { [name] = new LeaseOptions { Template = name } },
        };
        Client.Speak(options.FrontEnds, Place);
        Assert.Empty(options.Validate());
        _sidecar = new RunningSidecar(options, new Surroundings(TextReader.Null, TextWriter.Null, _log, _ => null, _clock), new Say(_log, _clock));
        await _sidecar.StartAsync(options.FrontEnds, CancellationToken.None);
        await UntilAsync(() => _sidecar.Leases.AreAllHeld);
    }

    public async Task StopSidecarAsync()
    {
        await _sidecar!.DisposeAsync();
        _sidecar = null;
    }

    public async Task RevokeAsync()
    {
        foreach (var lease in Broker.Live.ToList()) Broker.End(lease.Id, "revoked");
        await UntilAsync(() => Held.Now is Holding.Nothing);
    }

    /// <summary>Lets time pass until the credential that is held now is over, as nobody would notice who is asked meanwhile.</summary>
    public async Task PassExpiryAsync()
    {
        var over = Held.Kept!.ExpiresAt;
        while (_clock.GetUtcNow() < over) await PassAsync(TimeSpan.FromSeconds(15));
    }

    /// <summary>Lets time pass until a credential is held again.</summary>
    public async Task HeldAgainAsync()
    {
        for (var i = 0; Held.Now is Holding.Nothing; i++)
        {
            Assert.True(i < 500, $"it did not come to be: {_log}");
            await PassAsync(TimeSpan.FromSeconds(5));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_sidecar is not null) await _sidecar.DisposeAsync();
        await Broker.DisposeAsync();
        Assert.Empty(Broker.Undocumented);
        Assert.DoesNotContain("secret-key-", _log.ToString(), StringComparison.Ordinal);
    }

    private HeldLease Held => _sidecar!.Leases.ByName.Values.Single();

    /// <summary>Timers fire as the clock moves; what they start takes real time.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        await Task.Delay(10);
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; !holds(); i++)
        {
            Assert.True(i < 3000, $"it did not come to be: {_log}");
            // What watches for events looks now and then, by this clock.
            await PassAsync(TimeSpan.FromMilliseconds(20));
        }
    }
}
