using CredentialBroker.Protocol.Operators;
using CredentialBroker.WebConsole.Sessions;

namespace CredentialBroker.WebConsole.Tests;

public sealed class SessionTableTests
{
    private static readonly WhoAmI Ann = new("ann", "https://login.test", "ann", []);
    private readonly Hands _clock = new();
    private readonly SessionTable _table;

    public SessionTableTests() => _table = new SessionTable(new ConsoleOptions { MostSessions = 2 }, _clock);

    [Fact]
    public void A_sign_in_lasts_its_time_and_no_longer()
    {
        var name = _table.Add("token", Ann);
        for (var i = 0; i < 15; i++)
        {
            _clock.Pass(TimeSpan.FromMinutes(30));
            Assert.NotNull(_table.Find(name));
        }

        _clock.Pass(TimeSpan.FromMinutes(30));
        Assert.Null(_table.Find(name));
    }

    [Fact]
    public void A_page_that_keeps_itself_fresh_does_not_keep_anybody_signed_in()
    {
        var name = _table.Add("token", Ann);
        _clock.Pass(TimeSpan.FromMinutes(59));
        Assert.NotNull(_table.Find(name, byPerson: false));
        _clock.Pass(TimeSpan.FromMinutes(1));
        Assert.Null(_table.Find(name));
    }

    [Fact]
    public void Who_asked_for_nothing_longest_makes_place()
    {
        var (first, second) = (_table.Add("1", Ann), _table.Add("2", Ann));
        _clock.Pass(TimeSpan.FromMinutes(1));
        Assert.NotNull(_table.Find(first));
        var third = _table.Add("3", Ann);
        Assert.Equal(("1", null, "3"), (_table.Find(first)?.Token, _table.Find(second)?.Token, _table.Find(third)?.Token));
    }

    [Fact]
    public void A_name_is_nobodys_once_it_was_given_up()
    {
        var name = _table.Add("token", Ann);
        _table.Remove(name);
        Assert.Null(_table.Find(name));
        Assert.Null(_table.Find(SessionTable.Hash(name)));
        Assert.Null(_table.Find(null));
    }

    private sealed class Hands : TimeProvider
    {
        private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Pass(TimeSpan time) => _now += time;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
