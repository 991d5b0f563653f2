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
/// machine's, to which a lease of three minutes is always one that wants to be refreshed.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private readonly Rig.Lines _log = new();
    private FakeClock _clock = null!;
    private TimeSpan _life;
    private RunningSidecar? _sidecar;

    private Stage(Place place, BrokerStandIn broker) => (Place, Broker) = (place, broker);

    public Place Place { get; }

    public RealClient Client => Place.Client;

    public BrokerStandIn Broker { get; private init; }

    public static async Task<Stage> BeginAsync(Place place)
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        var stage = new Stage(place, await BrokerStandIn.StartAsync(clock)) { _clock = clock };
        stage.Offer(Life);
        await File.WriteAllTextAsync(place.PathOf("token"), The.Evidence);
        await stage.StartSidecarAsync();
        if (place.Client.RemembersSessions) await place.EndClientAsync();
        return stage;
    }

    public Task<Answer> AskAsync(bool anew = false) => Place.AskAsync(anew);

    /// <summary>The client has the credential of this number, or one that followed it.</summary>
    public async Task HoldsAsync(int number, bool anew = false)
    {
        var answer = await AskAsync(anew || !Client.HasSession);
        Assert.True(answer.Got && Enumerable.Range(number, Broker.Minted - number + 1).Any(n => Shows(answer, n)), $"wanted {Client.Shows(number)}: {answer}\n{_log}");
    }

    public bool Shows(Answer answer, int number) => answer.Text.Contains(Client.Shows(number), StringComparison.Ordinal);

    /// <summary>The client is told no, in words that a person understands.</summary>
    public async Task IsRefusedAsync(string says)
    {
        var answer = await AskAsync(anew: true);
        Assert.True(!answer.Got && System.Text.RegularExpressions.Regex.IsMatch(answer.Text, says), $"wanted a complaint of {says}: {answer}");
    }

    /// <summary>From now on leases are so short that they are over by the client's own clock while a test waits.</summary>
    public async Task ShortenAsync()
    {
        await StopSidecarAsync();
        _clock.Advance(TimeProvider.System.GetUtcNow() - _clock.GetUtcNow());
        Offer(Soon);
        await StartSidecarAsync();
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
        await UntilAsync(() => Held is { Now: Holding.Nothing, IsSettled: true });
    }

    /// <summary>Lets time pass until the credential that is held now is over, to the client as well.</summary>
    public async Task PassExpiryAsync()
    {
        var over = Held.Kept!.ExpiresAt;
        while (_clock.GetUtcNow() < over) await PassAsync(_life / 18);
        await UntilAsync(() => Held.IsSettled && (Broker.Down ? Held.Now is Holding.Nothing : Held.Now is Holding.Held { ExpiresAt: var next } && next > over));
        while (_life == Soon && TimeProvider.System.GetUtcNow() < over) await Task.Delay(50);
    }

    /// <summary>Lets time pass until a credential is held again.</summary>
    public async Task HeldAgainAsync()
    {
        for (var i = 0; !Held.IsReady; i++)
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

    private void Offer(TimeSpan life)
    {
        _life = life;
        var template = Client.Template(Place) with { Ttl = life, MaxTtl = TimeSpan.FromDays(1), Renewal = StandInRenewal.None };
        Broker.Templates[template.Name] = template;
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
