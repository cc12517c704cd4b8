"""How devices are named in a User-Agent, part 2 of 2. Written by scripts/agent_tables.py.

From uap-core's regexes.yaml as in ua-parser-builtins 202610; copyright its authors, Apache License 2.0 (http://www.apache.org/licenses/LICENSE-2.0).
"""

ROWS = r'''papyre ¦papyre-¦papyre_	i	; {0,2}(papyre)[ _\-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Papyre	$2
x10.		; {0,2}(?:Touchlet )?(X10\.[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Pearl $1	Pearl	$1
phicomm i800 b¦phicomm i800) 		; PHICOMM (i800)(?: Build|\) AppleWebKit)	Phicomm $1	Phicomm	$1
phicomm 		; PHICOMM ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Phicomm $1	Phicomm	$1
fws		; {0,2}(FWS\d{3}[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Phicomm $1	Phicomm	$1
d633¦d822¦d833¦t539¦t939¦v726¦w335¦w336¦w337¦w3568¦w536¦w5510¦w626¦w632¦w6350¦w6360¦w6500¦w732¦w736¦w737¦w820¦w832¦w8355¦w8500¦w8510¦w930		; {0,2}(D633|D822|D833|T539|T939|V726|W335|W336|W337|W3568|W536|W5510|W626|W632|W6350|W6360|W6500|W732|W736|W737|W7376|W820|W832|W8355|W8500|W8510|W930)(?: Build|\) AppleWebKit)	$1	Philips	$1
philips ¦philips_		; {0,2}(?:Philips|PHILIPS)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Philips $1	Philips	$1
android 4.		Android 4\..{0,200}; {0,2}(M[12356789]|U[12368]|S[123])\ ?(pro)?(?: Build|\) AppleWebKit)	Pipo $1$2	Pipo	$1$2
momo		; {0,2}(MOMO[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Ployer	$1
midc¦pmid¦ptab		; {0,2}(?:Polaroid[ _]|)((?:MIDC\d{3,100}|PMID\d{2,100}|PTAB\d{3,100})[^;/]{0,30}?)(\/[^;/]{0,30}|)(?: Build|\) AppleWebKit)	$1	Polaroid	$1
polaroid table		; {0,2}(?:Polaroid )(Tablet)(?: Build|\) AppleWebKit)	$1	Polaroid	$1
pomp ¦pomp-¦pomp_		; {0,2}(POMP)[ _\-](.{1,200}?) {0,2}(?:Build|[;/\)])	$1 $2	Pomp	$2
tb07fta build¦tb07fta) apple¦tb07sta build¦tb07sta) apple¦tb10fta build¦tb10fta) apple¦tb10sta build¦tb10sta) apple		; {0,2}(TB07STA|TB10STA|TB07FTA|TB10FTA)(?: Build|\) AppleWebKit)	$1	Positivo	$1
ypy		; {0,2}(?:Positivo |)((?:YPY|Ypy)[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Positivo	$1
mob-		; {0,2}(MOB-[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	POV	$1
pov ¦pov-¦pov_		; {0,2}POV[ _\-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	POV $1	POV	$1
mobii ¦mobii-¦mobii_¦playtabpro¦protab¦tab-p		; {0,2}((?:TAB-PLAYTAB|TAB-PROTAB|PROTAB|PlayTabPro|Mobii[ _\-]|TAB-P)[^;/]{0,100})(?: Build|\) AppleWebKit)	POV $1	POV	$1
pap¦pmp		; {0,2}(?:Prestigio |)((?:PAP|PMP)\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Prestigio $1	Prestigio	$1
plt		; {0,2}(PLT[0-9]{4}.{0,200}?)(?: Build|\) AppleWebKit)	$1	Proscan	$1
a2 build¦a2) applewebki¦a2_ build¦a2_) applewebk¦a2_classic bui¦a2_classic) ap¦a2classic buil¦a2classic) app¦a5 build¦a5) applewebki¦a5_ build¦a5_) applewebk¦a5_classic bui¦a5_classic) ap¦a5classic buil¦a5classic) app¦a8 build¦a8) applewebki¦a8_ build¦a8_) applewebk¦a8_classic bui¦a8_classic) ap¦a8classic buil¦a8classic) app¦a900 build¦a900) appleweb¦a900_ build¦a900_) applewe¦a900_classic b¦a900_classic) ¦a900classic bu¦a900classic) a		; {0,2}(A2|A5|A8|A900)_?(Classic|)(?: Build|\) AppleWebKit)	$1 $2	Qmobile	$1 $2
qmobile_		; {0,2}(Q[Mm]obile)_([^_]{1,100})_([^_]{1,100}?)(?: Build|\) AppleWebKit)	Qmobile $2 $3	Qmobile	$2 $3
q-mobile ¦q-mobile_¦qmobile ¦qmobile_		; {0,2}(Q\-?[Mm]obile)[_ ](A[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Qmobile $2	Qmobile	$2
q-smart ¦q-smart_		; {0,2}(Q\-Smart)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Qmobilevn	$2
q-mobile ¦q-mobile-¦q-mobile_¦qmobile ¦qmobile-¦qmobile_		; {0,2}(Q\-?[Mm]obile)[ _\-](S[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Qmobilevn	$2
ta1013 build¦ta1013) applew		; {0,2}(TA1013)(?: Build|\) AppleWebKit)	$1	Quanta	$1
rct		; (RCT\w{1,100})(?: Build|\) AppleWebKit)	$1	RCA	$1
rca 		; RCA (\w{1,100})(?: Build|\) AppleWebKit)	RCA $1	RCA	$1
rk		; {0,2}(RK\d{1,100}),?(?: Build|\) AppleWebKit)	$1	Rockchip	$1
build/		 Build/(RK\d{1,100})	$1	Rockchip	$1
galaxy ¦gt-i9082¦gt-i9205¦gt-n7¦sm-n9005		; {0,2}(SAMSUNG |Samsung |)((?:Galaxy (?:Note II|S\d)|GT-I9082|GT-I9205|GT-N7\d{3}|SM-N9005)[^;/]{0,100})\/?[^;/]{0,50} Build/	Samsung $1$2	Samsung	$2
google nexus s¦nexus s 4g bui¦nexus s build/		; {0,2}(Google |)(Nexus [Ss](?: 4G|)) Build/	Samsung $1$2	Samsung	$2
samsung 		; {0,2}(SAMSUNG |Samsung )([^\/]{0,50})\/[^ ]{0,50} Build/	Samsung $2	Samsung	$2
galaxy		; {0,2}(Galaxy(?: Ace| Nexus| S ?II{1,100}|Nexus S| with MCR 1.2| Mini Plus 4G|)) Build/	Samsung $1	Samsung	$1
samsung ¦samsung-¦samsung_		; {0,2}(SAMSUNG[ _\-]|)(?:SAMSUNG[ _\-])([^;/]{1,100}) Build	Samsung $2	Samsung	$2
gt-b¦gt-i¦gt-n¦gt-p¦gt-s		; {0,2}(SAMSUNG-|)(GT\-[BINPS]\d{4}[^\/]{0,50})(\/[^ ]{0,50}) Build	Samsung $1$2$3	Samsung	$2
gt-b¦gt-i¦gt-n¦gt-p¦gt-s¦i9		(?:; {0,2}|^)((?:GT\-[BIiNPS]\d{4}|I9\d{2}0[A-Za-z\+]?\b)[^;/\)]{0,100}?)(?:Build|Linux|MIUI|[;/\)])	Samsung $1	Samsung	$1
samsung-		; (SAMSUNG-)([A-Za-z0-9\-]{0,50}).{0,200} Build/	Samsung $1$2	Samsung	$2
build		; {0,2}((?:SCH|SGH|SHV|SHW|SPH|SC|SM)\-[A-Za-z0-9 ]{1,50})(/?[^ ]{0,100}|) Build	Samsung $1	Samsung	$1
sc-		; {0,2}((?:SC)\-[A-Za-z0-9 ]{1,50})(/?[^ ]{0,100}|)\)	Samsung $1	Samsung	$1
sch-		 ((?:SCH)\-[A-Za-z0-9 ]{1,50})(/?[^ ]{0,100}|) Build	Samsung $1	Samsung	$1
behold 2¦behold ii¦behold2¦beholdii¦ek-gc100¦i9300¦scl21¦yp-g		; {0,2}(Behold ?(?:2|II)|YP\-G[^;/]{1,100}|EK-GC100|SCL21|I9300) Build	Samsung $1	Samsung	$1
sc-¦sch-¦sgh-¦shv-¦shw-¦sm-¦sph-		; {0,2}((?:SCH|SGH|SHV|SHW|SPH|SC|SM)\-[A-Za-z0-9]{5,6})[\)]	Samsung $1	Samsung	$1
) applewebkit¦build		; {0,2}(SH\-?\d\d[^;/]{1,100}|SBM\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Sharp	$1
sharp ¦sharp-		; {0,2}(SHARP[ -])([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Sharp	$2
spx-¦spx_		; {0,2}(SPX[_\-]\d[^;/]{0,100})(?: Build|\) AppleWebKit)	$1	Simvalley	$1
sx7-pearl.gmbh		; {0,2}(SX7\-PEARL\.GmbH)(?: Build|\) AppleWebKit)	$1	Simvalley	$1
sp-¦spt-		; {0,2}(SP[T]?\-\d{2}[^;/]{0,100})(?: Build|\) AppleWebKit)	$1	Simvalley	$1
sk-		; {0,2}(SK\-.{0,200}?)(?: Build|\) AppleWebKit)	$1	SKtelesys	$1
;  sx-¦; sx-¦;sx-¦skytex-		; {0,2}(?:SKYTEX|SX)-([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Skytex	$1
imagine 		; {0,2}(IMAGINE [^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Skytex	$1
smartq		; {0,2}(SmartQ) ?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	$1	$2
sbt¦wf10c¦wf7c		; {0,2}(WF7C|WF10C|SBT[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Smartbitt	$1
sbm003sh build¦sbm005sh build¦sbm006sh build¦sbm007sh build¦sbm102sh build		; {0,2}(SBM(?:003SH|005SH|006SH|007SH|102SH)) Build	$1	Sharp	$1
003p build¦101p build¦101p11c build¦102p build		; {0,2}(003P|101P|101P11C|102P) Build	$1	Panasonic	$1
build/		; {0,2}(00\dZ) Build/	$1	ZTE	$1
htcx06ht build		; HTC(X06HT) Build	$1	HTC	$1
001ht build¦x06ht build		; {0,2}(001HT|X06HT) Build	$1	HTC	$1
201m build		; {0,2}(201M) Build	$1	Motorola	XT902
build/st		; {0,2}(ST\d{4}.{0,200})Build/ST	Trekstor $1	Trekstor	$1
st		; {0,2}(ST\d{4}.{0,200}?)(?: Build|\) AppleWebKit)	Trekstor $1	Trekstor	$1
sony ericsson¦sonyericsson		; {0,2}(Sony ?Ericsson ?)([^;/]{1,100}) Build	$1$2	SonyEricsson	$2
build		; {0,2}((?:SK|ST|E|X|LT|MK|MT|WT)\d{2}[a-z0-9]{0,100}(?:-o|)|R800i|U20i) Build	$1	SonyEricsson	$1
xperia 	i	; {0,2}(Xperia (?:A8|Arc|Acro|Active|Live with Walkman|Mini|Neo|Play|Pro|Ray|X\d{1,100})[^;/]{0,50}) Build	$1	SonyEricsson	$1
sony 		; Sony (Tablet[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Sony $1	Sony	$1
sony 		; Sony ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Sony $1	Sony	$1
sony		; {0,2}(Sony)([A-Za-z0-9\-]{1,100})(?: Build|\) AppleWebKit)	$1 $2	$1	$2
xperia 		; {0,2}(Xperia [^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Sony	$1
c10¦c11¦c12¦c13¦c14¦c15¦c16¦c17¦c18¦c19¦c20¦c21¦c22¦c23¦c24¦c25¦c26¦c27¦c28¦c29¦c53¦c55¦c60¦c61¦c62¦c63¦c64¦c65¦c66¦c67¦c68¦c69¦d2¦d5¦d65¦d66		; {0,2}(C(?:1[0-9]|2[0-9]|53|55|6[0-9])[0-9]{2}|D[25]\d{3}|D6[56]\d{2})(?: Build|\) AppleWebKit)	$1	Sony	$1
sgp		; {0,2}(SGP\d{3}|SGPT\d{2})(?: Build|\) AppleWebKit)	$1	Sony	$1
nw-z1000series		; {0,2}(NW-Z1000Series)(?: Build|\) AppleWebKit)	$1	Sony	$1
playstation 3		PLAYSTATION 3	PlayStation 3	Sony	PlayStation 3
playstation 		(PlayStation (?:Portable|Vita|\d{1,100}))	$1	Sony	$1
;  mi¦; mi¦;mi¦csl mi¦csl-mi¦csl_mi¦cslmi¦spice mi¦spice-mi¦spice_mi¦spicemi		; {0,2}((?:CSL_Spice|Spice|SPICE|CSL)[ _\-]?|)([Mm][Ii])([ _\-]|)(\d{3}[^;/]{0,100})(?: Build|\) AppleWebKit)	$1$2$3$4	Spice	Mi$4
sprint 		; {0,2}(Sprint )(.{1,200}?) {0,2}(?:Build|[;/])	$1$2	Sprint	$2
sprint ¦sprint:		\b(Sprint)[: ]([^;,/ ]{1,100})	$1$2	Sprint	$2
tagi mid¦tagimid		; {0,2}(TAGI[ ]?)(MID) ?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2$3	Tagi	$2$3
opal 800 build¦opal 800) appl¦oyster500 buil¦oyster500) app		; {0,2}(Oyster500|Opal 800)(?: Build|\) AppleWebKit)	Tecmobile $1	Tecmobile	$1
tecno ¦tecno_		; {0,2}(TECNO[ _])([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Tecno	$2
android for te	i	; {0,2}Android for (Telechips|Techvision) ([^ ]{1,100}) 	$1 $2	$1	$2
t-hub2 build¦t-hub2) applew		; {0,2}(T-Hub2)(?: Build|\) AppleWebKit)	$1	Telstra	$1
pad 1001 build¦pad 1001) appl¦pad 1002 build¦pad 1002) appl¦pad1001 build¦pad1001) apple¦pad1002 build¦pad1002) apple		; {0,2}(PAD) ?(100[12])(?: Build|\) AppleWebKit)	Terra $1$2	Terra	$1$2
tb-¦tm-		; {0,2}(T[BM]-\d{3}[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Texet	$1
tolino 		; {0,2}(tolino [^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Thalia	$1
tolino_browser		; {0,2}Build/.{0,200} (TOLINO_BROWSER)	$1	Thalia	Tolino Shine
thl ¦thl-		; {0,2}(?:CJ[ -])?(ThL|THL)[ -]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Thl	$2
t100 build¦t100) appleweb¦t200 build¦t200) appleweb¦t5 build¦t5) applewebki¦w100 build¦w100) appleweb¦w200 build¦w200) appleweb¦w8s build¦w8s) applewebk		; {0,2}(T100|T200|T5|W100|W200|W8s)(?: Build|\) AppleWebKit)	$1	Thl	$1
t-mobile g2 to¦t-mobile g2_to¦t-mobile_g2 to¦t-mobile_g2_to		; {0,2}(T-Mobile[ _]G2[ _]Touch) Build	$1	HTC	Hero
t-mobile g2 bu¦t-mobile_g2 bu		; {0,2}(T-Mobile[ _]G2) Build	$1	HTC	Desire Z
t-mobile mytou		; {0,2}(T-Mobile myTouch Q) Build	$1	Huawei	U8730
t-mobile mytou		; {0,2}(T-Mobile myTouch) Build	$1	Huawei	U8680
t-mobile_espre		; {0,2}(T-Mobile_Espresso) Build	$1	HTC	Espresso
t-mobile g1 bu		; {0,2}(T-Mobile G1) Build	$1	HTC	Dream
mytouch 3g¦mytouch 4g¦mytouch3g¦mytouch4g¦mytouch_3g¦mytouch_4g¦t-mobile mytou¦t-mobilemytouc		\b(T-Mobile ?|)(myTouch)[ _]?([34]G)[ _]?([^\/]{0,100}) (?:Mozilla|Build)	$1$2 $3 $4	HTC	$2 $3 $4
t-mobile_		\b(T-Mobile)_([^_]{1,100})_(.{0,200}) Build	$1 $2 $3	Tmobile	$2 $3
t-mobile		\b(T-Mobile)[_ ]?(.{0,200}?)Build	$1 $2	Tmobile	$2
atp		 (ATP[0-9]{4})(?: Build|\) AppleWebKit)	$1	Tomtec	$1
tooky ¦tooky-¦tooky_	i	 ?(TOOKY)[ _\-]([^;/]{1,100}) ?(?:Build|;)	$1 $2	Tooky	$2
folio_and_a¦toshiba_ac_and¦toshiba_folio_		\b(TOSHIBA_AC_AND_AZ|TOSHIBA_FOLIO_AND_A|FOLIO_AND_A)	$1	Toshiba	Folio 100
folio 100 buil¦folio 100) app¦folio100 build¦folio100) appl		; {0,2}([Ff]olio ?100)(?: Build|\) AppleWebKit)	$1	Toshiba	Folio 100
at¦hikari-iframe/¦thrive		; {0,2}(AT[0-9]{2,3}(?:\-A|LE\-A|PE\-A|SE|a|)|AT7-A|AT1S0|Hikari-iFrame/WDPF-[^;/]{1,100}|THRiVE|Thrive)(?: Build|\) AppleWebKit)	Toshiba $1	Toshiba	$1
mid-750¦tm-mid¦touchmate		; {0,2}(TM-MID\d{1,100}[^;/]{1,50}|TOUCHMATE|MID-750)(?: Build|\) AppleWebKit)	$1	Touchmate	$1
tm-sm		; {0,2}(TM-SM\d{1,100}[^;/]{1,50}?)(?: Build|\) AppleWebKit)	$1	Touchmate	$1
a10 basic buil¦a10 basic) app¦a10 basic2 bui¦a10 basic2) ap		; {0,2}(A10 [Bb]asic2?)(?: Build|\) AppleWebKit)	$1	Treq	$1
treq ¦treq-¦treq_	i	; {0,2}(TREQ[ _\-])([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Treq	$2
x-3 build¦x-3) applewebk¦x-5 build¦x-5) applewebk¦x3 build¦x3) applewebki¦x5 build¦x5) applewebki		; {0,2}(X-?5|X-?3)(?: Build|\) AppleWebKit)	$1	Umeox	$1
a502 build¦a502) appleweb¦a502+ build¦a502+) applewe¦a603 build¦a603) appleweb¦a936 build¦a936) appleweb¦x1 build¦x1) applewebki¦x2 build¦x2) applewebki		; {0,2}(A502\+?|A936|A603|X1|X2)(?: Build|\) AppleWebKit)	$1	Umeox	$1
thor build/		; thor Build/	Thor	Vernee	Thor
thor  build/¦thor e build/		; Thor (E)? Build/	Thor $1	Vernee	Thor
apollo lite bu		; Apollo Lite Build/	Apollo Lite	Vernee	Apollo
touchpad¦touchtab	i	(TOUCH(?:TAB|PAD).{1,200}?)(?: Build|\) AppleWebKit)	Versus $1	Versus	$1
vertu 		(VERTU) ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Vertu	$2
videocon ¦videocon-¦videocon_		; {0,2}(Videocon)[ _\-]([^;/]{1,100}?) {0,2}(?:Build|;)	$1 $2	Videocon	$2
vt		 (VT\d{2}[A-Za-z]{0,100})(?: Build|\) AppleWebKit)	$1	Videocon	$1
viewpad¦viewphone¦vsd		; {0,2}((?:ViewPad|ViewPhone|VSD)[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Viewsonic	$1
viewsonic-		; {0,2}(ViewSonic-)([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Viewsonic	$2
gtablet		; {0,2}(GTablet.{0,200}?)(?: Build|\) AppleWebKit)	$1	Viewsonic	$1
vivo ¦vivo_		; {0,2}([Vv]ivo)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	vivo	$2
vodafone 		(Vodafone) (.{0,200}?)(?: Build|\) AppleWebKit)	$1 $2	$1	$2
primo ¦primo-¦primo_	i	; {0,2}(?:Walton[ _\-]|)(Primo[ _\-][^;/]{1,100}?)(?: Build|\) AppleWebKit)	Walton $1	Walton	$1
barry¦bloom¦cink¦darkfull¦darkmoon¦darknight¦darkside¦fizz¦highway¦iggy¦ozzy¦rainbow¦stairway¦sublim¦wax	i	; {0,2}(?:WIKO[ \-]|)(CINK\+?|BARRY|BLOOM|DARKFULL|DARKMOON|DARKNIGHT|DARKSIDE|FIZZ|HIGHWAY|IGGY|OZZY|RAINBOW|STAIRWAY|SUBLIM|WAX|CINK [^;/]{1,100}?)(?: Build|\) AppleWebKit)	Wiko $1	Wiko	$1
wellcom-		; {0,2}WellcoM-([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Wellcom $1	Wellcom	$1
wetab build¦wetab-browser		(?:(WeTab)-Browser|; (wetab) Build)	$1	WeTab	WeTab
at-as		; {0,2}(AT-AS[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Wolfgang $1	Wolfgang	$1
woxter ¦wxt 		; {0,2}(?:Woxter|Wxt) ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Woxter $1	Woxter	$1
smp¦tab07-¦tab08-¦tab09-¦tab10-¦tab13-¦tab2¦tab3¦tab4¦tab9-		; {0,2}(?:Xenta |Luna |)(TAB[234][0-9]{2}|TAB0[78]-\d{3}|TAB0?9-\d{3}|TAB1[03]-\d{3}|SMP\d{2}-\d{3})(?: Build|\) AppleWebKit)	Yarvik $1	Yarvik	$1
		; {0,2}([A-Z]{2,4})(M\d{3,100}[A-Z]{2})([^;\)\/]{0,100})(?: Build|[;\)])	Yifang $1$2$3	Yifang	$2
hm ¦hm-¦mi ¦mi-		; {0,2}((Mi|MI|HM|MI-ONE|Redmi)[ -](NOTE |Note |)[^;/]{0,100}) (Build|MIUI)/	XiaoMi $1	XiaoMi	$1
hm ¦hm-¦mi ¦mi-		; {0,2}((Mi|MI|HM|MI-ONE|Redmi)[ -](NOTE |Note |)[^;/\)]{0,100})	XiaoMi $1	XiaoMi	$1
mix build/¦mix miui/		; {0,2}(MIX) (Build|MIUI)/	XiaoMi $1	XiaoMi	$1
mix 		; {0,2}((MIX) ([^;/]{0,100})) (Build|MIUI)/	XiaoMi $1	XiaoMi	$1
tab	i	; {0,2}XOLO[ _]([^;/]{0,30}tab.{0,30})(?: Build|\) AppleWebKit)	Xolo $1	Xolo	$1
xolo ¦xolo_	i	; {0,2}XOLO[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Xolo $1	Xolo	$1
00	i	; {0,2}(q\d0{2,3}[a-z]?)(?: Build|\) AppleWebKit)	Xolo $1	Xolo	$1
pad 7¦pad 9¦pad7¦pad9¦telepad		; {0,2}(PAD ?[79]\d{1,100}[^;/]{0,50}|TelePAD\d{1,100}[^;/])(?: Build|\) AppleWebKit)	Xoro $1	Xoro	$1
c2¦c3¦c7¦c9¦zopo ¦zopo_¦zp		; {0,2}(?:(?:ZOPO|Zopo)[ _]([^;/]{1,100}?)|(ZP ?(?:\d{2}[^;/]{1,100}|C2))|(C[2379]))(?: Build|\) AppleWebKit)	$1$2$3	Zopo	$1$2$3
zii		; {0,2}(ZiiLABS) (Zii[^;/]{0,100})(?: Build|\) AppleWebKit)	$1 $2	ZiiLabs	$2
zii_		; {0,2}(Zii)_([^;/]{0,100})(?: Build|\) AppleWebKit)	$1 $2	ZiiLabs	$2
arizona¦atlas w¦d930¦grand ¦joe¦kis¦libra¦light ¦n800¦n801¦n850¦n851¦n860¦n861¦n91¦n95¦n9810¦nx501¦optik¦racerii¦san francisco¦v55¦v881¦v9a¦v9c¦vip racer¦z6¦z7¦z9		; {0,2}(ARIZONA|(?:ATLAS|Atlas) W|D930|Grand (?:[SX][^;]{0,200}?|Era|Memo[^;]{0,200}?)|JOE|(?:Kis|KIS)\b[^;]{0,200}?|Libra|Light [^;]{0,200}?|N8[056][01]|N850L|N8000|N9[15]\d{2}|N9810|NX501|Optik|(?:Vip )Racer[^;]{0,200}?|RacerII|RACERII|San Francisco[^;]{0,200}?|V9[AC]|V55|V881|Z[679][0-9]{2}[A-z]?)(?: Build|\) AppleWebKit)	$1	ZTE	$1
_usa_		; {0,2}([A-Z]\d{1,100})_USA_[^;]{0,200}(?: Build|\) AppleWebKit)	$1	ZTE	$1
smarttab		; {0,2}(SmartTab\d{1,100})[^;]{0,50}(?: Build|\) AppleWebKit)	$1	ZTE	$1
blade		; {0,2}(?:Blade|BLADE|ZTE-BLADE)([^;/]{0,100})(?: Build|\) AppleWebKit)	ZTE Blade$1	ZTE	Blade$1
skate		; {0,2}(?:Skate|SKATE|ZTE-SKATE)([^;/]{0,100})(?: Build|\) AppleWebKit)	ZTE Skate$1	ZTE	Skate$1
optimus monte ¦optimus san fr¦orange monte c¦orange san fra		; {0,2}(Orange |Optimus )(Monte Carlo|San Francisco)(?: Build|\) AppleWebKit)	$1$2	ZTE	$1$2
zte ¦zte-¦zte_		; {0,2}(?:ZXY-ZTE_|ZTE\-U |ZTE[\- _]|ZTE-C[_ ])([^;/]{1,100}?)(?: Build|\) AppleWebKit)	ZTE $1	ZTE	$1
base 		; (BASE) (lutea|Lutea 2|Tab[^;]{0,200}?)(?: Build|\) AppleWebKit)	$1 $2	ZTE	$1 $2
avea intouch 2¦movistar link ¦movistar link)¦movistar_link ¦movistar_link)¦soft stone bui¦soft stone) ap¦tmn smart a7 b¦tmn smart a7) 	i	; (Avea inTouch 2|soft stone|tmn smart a7|Movistar[ _]Link)(?: Build|\) AppleWebKit)	$1	ZTE	$1
vp9plus)		; {0,2}(vp9plus)\)	$1	ZTE	$1
cloud z5 build¦cloud z5) appl¦cloud_z5 build¦cloud_z5) appl¦z1000 build¦z1000) applewe¦z900 build¦z900) appleweb¦z909 build¦z909) appleweb¦z919 build¦z919) appleweb¦z930 build¦z930) appleweb¦z99 2g build¦z99 2g) applew¦z99 build¦z99) applewebk¦z990 build¦z990) appleweb¦z999 build¦z999) appleweb		; ?(Cloud[ _]Z5|z1000|Z99 2G|z99|z930|z999|z990|z909|Z919|z900)(?: Build|\) AppleWebKit)	$1	Zync	$1
kfot build¦kindle fire bu		; ?(KFOT|Kindle Fire) Build\b	Kindle Fire	Amazon	Kindle Fire
amazon kindle ¦kfote build		; ?(KFOTE|Amazon Kindle Fire2) Build\b	Kindle Fire 2	Amazon	Kindle Fire 2
kftt build		; ?(KFTT) Build\b	Kindle Fire HD	Amazon	Kindle Fire HD 7"
kfjwi build		; ?(KFJWI) Build\b	Kindle Fire HD 8.9" WiFi	Amazon	Kindle Fire HD 8.9" WiFi
kfjwa build		; ?(KFJWA) Build\b	Kindle Fire HD 8.9" 4G	Amazon	Kindle Fire HD 8.9" 4G
kfsowi build		; ?(KFSOWI) Build\b	Kindle Fire HD 7" WiFi	Amazon	Kindle Fire HD 7" WiFi
kfthwi build		; ?(KFTHWI) Build\b	Kindle Fire HDX 7" WiFi	Amazon	Kindle Fire HDX 7" WiFi
kfthwa build		; ?(KFTHWA) Build\b	Kindle Fire HDX 7" 4G	Amazon	Kindle Fire HDX 7" 4G
kfapwi build		; ?(KFAPWI) Build\b	Kindle Fire HDX 8.9" WiFi	Amazon	Kindle Fire HDX 8.9" WiFi
kfapwa build		; ?(KFAPWA) Build\b	Kindle Fire HDX 8.9" 4G	Amazon	Kindle Fire HDX 8.9" 4G
amazon 		; ?Amazon ([^;/]{1,100}) Build\b	$1	Amazon	$1
kindle build		; ?(Kindle) Build\b	Kindle	Amazon	Kindle
silk/		; ?(Silk)/(\d{1,100})\.(\d{1,100})(?:\.([0-9\-]{1,100})|) Build\b	Kindle Fire	Amazon	Kindle Fire$2
kindle/		 (Kindle)/(\d{1,100}\.\d{1,100})	Kindle	Amazon	$1 $2
kindle/¦silk/		 (Silk|Kindle)/(\d{1,100})\.	Kindle	Amazon	Kindle
sprd-		(sprd)\-([^/]{1,50})/	$1 $2	$1	$2
build		; {0,2}(H\d{2}00\+?) Build	$1	Hero	$1
iphone build/¦iphone5 build/		; {0,2}(iphone|iPhone5) Build/	Xianghe $1	Xianghe	$1
build/		; {0,2}(e\d{4}[a-z]?_?v\d{1,100}|v89_[^;/]{1,100})[^;/]{1,30} Build/	Xianghe $1	Xianghe	$1
uscc		\bUSCC[_\-]?([^ ;/\)]{1,100})	$1	Cellular	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|)(?:ALCATEL)[^;]{0,200}; {0,2}([^;,\)]{1,100})	Alcatel $1	Alcatel	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|WpsLondonTest; ?|)(?:ASUS|Asus)[^;]{0,200}; {0,2}([^;,\)]{1,100})	Asus $1	Asus	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|)(?:DELL|Dell)[^;]{0,200}; {0,2}([^;,\)]{1,100})	Dell $1	Dell	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|WpsLondonTest; ?|)(?:HTC|Htc|HTC_blocked[^;]{0,200})[^;]{0,200}; {0,2}(?:HTC|)([^;,\)]{1,100})	HTC $1	HTC	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|)(?:HUAWEI)[^;]{0,200}; {0,2}(?:HUAWEI |)([^;,\)]{1,100})	Huawei $1	Huawei	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|)(?:LG|Lg)[^;]{0,200}; {0,2}(?:LG[ \-]|)([^;,\)]{1,100})	LG $1	LG	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|)(?:rv:11; |)(?:NOKIA|Nokia)[^;]{0,200}; {0,2}(?:NOKIA ?|Nokia ?|LUMIA ?|[Ll]umia ?|)(\d{3,10}[^;\)]{0,100})	Lumia $1	Nokia	Lumia $1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|)(?:NOKIA|Nokia)[^;]{0,200}; {0,2}(RM-\d{3,100})	Nokia $1	Nokia	$1
iemobile/¦pdesktop;		(?:Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)]|WPDesktop;) ?(?:ARM; ?Touch; ?|Touch; ?|)(?:NOKIA|Nokia)[^;]{0,200}; {0,2}(?:NOKIA ?|Nokia ?|LUMIA ?|[Ll]umia ?|)([^;\)]{1,100})	Nokia $1	Nokia	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|)(?:Microsoft(?: Corporation|))[^;]{0,200}; {0,2}([^;,\)]{1,100})	Microsoft $1	Microsoft	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|WpsLondonTest; ?|)(?:SAMSUNG)[^;]{0,200}; {0,2}(?:SAMSUNG |)([^;,\.\)]{1,100})	Samsung $1	Samsung	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|WpsLondonTest; ?|)(?:TOSHIBA|FujitsuToshibaMobileCommun)[^;]{0,200}; {0,2}([^;,\)]{1,100})	Toshiba $1	Toshiba	$1
iemobile/		Windows Phone [^;]{1,30}; .{0,100}?IEMobile/[^;\)]{1,100}[;\)] ?(?:ARM; ?Touch; ?|Touch; ?|WpsLondonTest; ?|)([^;]{1,200}); {0,2}([^;,\)]{1,100})	$1 $2	$1	$2
bada/		(?:^|; )SAMSUNG\-([A-Za-z0-9\-]{1,50}).{0,200} Bada/	Samsung $1	Samsung	$1
(mobile; alcat		\(Mobile; ALCATEL ?(One|ONE) ?(Touch|TOUCH) ?([^;/]{1,100}?)(?:/[^;]{1,200}|); rv:[^\)]{1,200}\) Gecko/[^\/]{1,200} Firefox/	Alcatel $1 $2 $3	Alcatel	One Touch $3
(mobile; 		\(Mobile; (?:ZTE([^;]{1,200})|(OpenC)); rv:[^\)]{1,200}\) Gecko/[^\/]{1,200} Firefox/	ZTE $1$2	ZTE	$1$2
kaios/		\(Mobile; ALCATEL([A-Za-z0-9\-]{1,100}); rv:[^\)]{1,200}\) Gecko/[^\/]{1,200} Firefox/[^\/]{1,200} KaiOS/	Alcatel $1	Alcatel	$1
kaios/		\(Mobile; LYF\/([A-Za-z0-9\-]{1,100})\/.{0,100};.{0,100}rv:[^\)]{1,100}\) Gecko/[^\/]{1,100} Firefox/[^\/]{1,100} KAIOS/	LYF $1	LYF	$1
kaios/		\(Mobile; Nokia_([A-Za-z0-9\-]{1,100})_.{1,100}; rv:[^\)]{1,100}\) Gecko/[^\/]{1,100} Firefox/[^\/]{1,100} KAIOS/	Nokia $1	Nokia	$1
nokia		Nokia(N[0-9]{1,100})([A-Za-z_\-][A-Za-z0-9_\-]{0,100})	Nokia $1	Nokia	$1$2
nokia		(?:NOKIA|Nokia)(?:\-| {0,2})(?:([A-Za-z0-9]{1,100})\-[0-9a-f]{32}|([A-Za-z0-9\-]{1,100})(?:UCBrowser)|([A-Za-z0-9\-]{1,100}))	Nokia $1$2$3	Nokia	$1$2$3
lumia 		Lumia ([A-Za-z0-9\-]{1,100})	Lumia $1	Nokia	Lumia $1
(symbian; u; s		\(Symbian; U; S60 V5; [A-z]{2}\-[A-z]{2}; (SonyEricsson|Samsung|Nokia|LG)([^;/]{1,100}?)\)	$1 $2	$1	$2
(symbian/3; u;¦(symbian; u; 		\(Symbian(?:/3|); U; ([^;]{1,200});	Nokia $1	Nokia	$1
bb10; 		BB10; ([A-Za-z0-9\- ]{1,100})\)	BlackBerry $1	BlackBerry	$1
playbook		Play[Bb]ook.{1,200}RIM Tablet OS	BlackBerry Playbook	BlackBerry	Playbook
blackberry 		Black[Bb]erry ([0-9]{1,100});	BlackBerry $1	BlackBerry	$1
blackberry		Black[Bb]erry([0-9]{1,100})	BlackBerry $1	BlackBerry	$1
blackberry;		Black[Bb]erry;	BlackBerry	BlackBerry
pixi/¦pre/		(Pre|Pixi)/\d{1,100}\.\d{1,100}	Palm $1	Palm	$1
palm		Palm([0-9]{1,100})	Palm $1	Palm	$1
treo		Treo([A-Za-z0-9]{1,100})	Palm Treo $1	Palm	Treo $1
webos		webOS.{0,200}(P160U(?:NA|))/(\d{1,100}).(\d{1,100})	HP Veer	HP	Veer
touchpad/		(Touch[Pp]ad)/\d{1,100}\.\d{1,100}	HP TouchPad	HP	TouchPad
hpipaq		HPiPAQ([A-Za-z0-9]{1,20})/\d{1,100}\.\d{1,100}	HP iPAQ $1	HP	iPAQ $1
/revision		PDA; (PalmOS)/sony/model ([a-z]{1,100})/Revision	$1	Sony	$1 $2
tv		(Apple\s?TV)	AppleTV	Apple	AppleTV
qtcarbrowser		(QtCarBrowser)	Tesla Model S	Tesla	Model S
ipad¦iphone¦ipod		(iPhone|iPad|iPod)(\d{1,100},\d{1,100})	$1	Apple	$1$2
ipad simulator¦ipad;		(iPad)(?:;| Simulator;)	$1	Apple	$1
ipod simulator¦ipod touch;¦ipod;		(iPod)(?:;| touch;| Simulator;)	$1	Apple	$1
iphone simulat¦iphone;		(iPhone)(?:;| Simulator;)	$1	Apple	$1
watch		(Watch)(\d{1,100},\d{1,100})	Apple $1	Apple	$1$2
apple watch si¦apple watch;		(Apple Watch)(?:;| Simulator;)	$1	Apple	$1
homepod simula¦homepod;		(HomePod)(?:;| Simulator;)	$1	Apple	$1
iphone		iPhone	iPhone	Apple	iPhone
darwin/		CFNetwork/.{0,100} Darwin/\d.{0,100}\(((?:Mac|iMac|PowerMac|PowerBook)[^\d]{0,100})(\d{1,100})(?:,|%2C)(\d{1,100})	$1$2,$3	Apple	$1$2,$3
(x86_64)		CFNetwork/.{0,100} Darwin/\d{1,100}\.\d{1,100}\.\d{1,100} \(x86_64\)	Mac	Apple	Mac
darwin/		CFNetwork/.{0,100} Darwin/\d	iOS-Device	Apple	iOS-Device
.prod.iphone		Outlook-(iOS)/\d{1,100}\.\d{1,100}\.prod\.iphone	iPhone	Apple	iPhone
acer_		acer_([A-Za-z0-9]{1,100})_	Acer $1	Acer	$1
alcatel-		(?:ALCATEL|Alcatel)-([A-Za-z0-9\-]{1,100})	Alcatel $1	Alcatel	$1
amoi-		(?:Amoi|AMOI)\-([A-Za-z0-9]{1,100})	Amoi $1	Amoi	$1
padfone¦transformer 		(?:; |\/|^)((?:Transformer (?:Pad|Prime) |Transformer |PadFone[ _]?)[A-Za-z0-9]{0,100})	Asus $1	Asus	$1
asus		(?:asus.{0,200}?ASUS|Asus|ASUS|asus)[\- ;]{0,100}((?:Transformer (?:Pad|Prime) |Transformer |Padfone |Nexus[ _]|)[A-Za-z0-9]{1,100})	Asus $1	Asus	$1
asus_		(?:ASUS)_([A-Za-z0-9\-]{1,100})	Asus $1	Asus	$1
bird ¦bird-¦bird.		\bBIRD[ \-\.]([A-Za-z0-9]{1,100})	Bird $1	Bird	$1
dell 		\bDell ([A-Za-z0-9]{1,100})	Dell $1	Dell	$1
docomo/2.0 		DoCoMo/2\.0 ([A-Za-z0-9]{1,100})	DoCoMo $1	DoCoMo	$1
_w;foma		^.{0,50}?([A-Za-z0-9]{1,30})_W;FOMA	DoCoMo $1	DoCoMo	$1
foma		^.{0,50}?([A-Za-z0-9]{1,30});FOMA	DoCoMo $1	DoCoMo	$1
htc		\b(?:HTC/|HTC/[a-z0-9]{1,20}/|)HTC[ _\-;]? {0,2}(.{0,200}?)(?:-?Mozilla|fingerPrint|[;/\(\)]|$)	HTC $1	HTC	$1
huawei		Huawei([A-Za-z0-9]{1,100})	Huawei $1	Huawei	$1
huawei-		HUAWEI-([A-Za-z0-9]{1,100})	Huawei $1	Huawei	$1
huawei 		HUAWEI ([A-Za-z0-9\-]{1,100})	Huawei $1	Huawei	$1
vodafone		vodafone([A-Za-z0-9]{1,100})	Huawei Vodafone $1	Huawei	Vodafone $1
i-mate 		i\-mate ([A-Za-z0-9]{1,100})	i-mate $1	i-mate	$1
kyocera-		Kyocera\-([A-Za-z0-9]{1,100})	Kyocera $1	Kyocera	$1
kwc-		KWC\-([A-Za-z0-9]{1,100})	Kyocera $1	Kyocera	$1
lenovo-¦lenovo_		Lenovo[_\-]([A-Za-z0-9]{1,100})	Lenovo $1	Lenovo	$1
hbbtv/		(HbbTV)/[0-9]{1,100}\.[0-9]{1,100}\.[0-9]{1,100} \( ?;(LG)E ?;([^;]{0,30})	$1	$2	$3
ce-html/1.		(HbbTV)/1\.1\.1.{0,200}CE-HTML/1\.\d;(Vendor/|)(THOM[^;]{0,200}?)[;\s].{0,30}(LF[^;]{1,200});?	$1	Thomson	$4
hbbtv  (;;;;;)¦hbbtv (;;;;;);¦hbbtv ;  ce-ht¦hbbtv ; ce-htm¦hbbtv ;ce-html¦hbbtv/1.1.1  (¦hbbtv/1.1.1 (;¦hbbtv/1.1.1 ; ¦hbbtv/1.1.1 ;c¦hbbtv/1.1.1;  ¦hbbtv/1.1.1; c¦hbbtv/1.1.1;ce¦hbbtv;  ce-htm¦hbbtv; ce-html¦hbbtv;ce-html		(HbbTV)(?:/1\.1\.1|) ?(?: \(;;;;;\)|); {0,2}CE-HTML(?:/1\.\d|); {0,2}([^ ]{1,30}) ([^;]{1,200});	$1	$2	$3
hbbtv/1.1.1 (;		(HbbTV)/1\.1\.1 \(;;;;;\) Maple_2011	$1	Samsung
hbbtv/		(HbbTV)/[0-9]{1,100}\.[0-9]{1,100}\.[0-9]{1,100} \([^;]{0,30}; ?(?:CUS:([^;]{0,200})|([^;]{1,200})) ?; ?([^;]{0,30})	$1	$2$3	$4
hbbtv/		(HbbTV)/[0-9]{1,100}\.[0-9]{1,100}\.[0-9]{1,100}	$1
lge; 		LGE; (?:Media\/|)([^;]{0,200});[^;]{0,200};[^;]{0,200};?\); "?LG NetCast(\.TV|\.Media|)-\d{1,100}	NetCast$2	LG	$1
sony		InettvBrowser/[0-9]{1,30}\.[0-9A-Z]{1,30} \([^;]{0,200};(Sony)([^;]{0,200});[^;]{0,200};[^\)]{0,10}\)	Inettv	$1	$2
inettvbrowser/		InettvBrowser/[0-9]{1,30}\.[0-9A-Z]{1,30} \([^;]{0,200};([^;]{0,200});[^;]{0,200};[^\)]{0,10}\)	Inettv	Generic_Inettv	$1
hbbtv¦nettv		(?:InettvBrowser|TSBNetTV|NETTV|HBBTV)	Inettv	Generic_Inettv
series60/		Series60/\d\.\d (LG)[\-]?([A-Za-z0-9 \-]{1,100})	$1 $2	$1	$2
lg ¦lg-¦lg/¦lge ¦lge-		\b(?:LGE[ \-]LG\-(?:AX|)|LGE |LGE?-LG|LGE?[ \-]|LG[ /\-]|lg[\-])([A-Za-z0-9]{1,100})\b	LG $1	LG	$1
lg		(?:^LG[\-]?|^LGE[\-/]?)([A-Za-z]{1,100}[0-9]{1,100}[A-Za-z]{0,100})	LG $1	LG	$1
lg		^LG([0-9]{1,100}[A-Za-z]{0,100})	LG $1	LG	$1
kin.		(KIN\.[^ ]{1,100}) (\d{1,100})\.(\d{1,100})	Microsoft $1	Microsoft	$1
xbox		(?:MSIE|XBMC).{0,200}\b(Xbox)\b	$1	Microsoft	$1
arm; trident/6		; ARM; Trident/6\.0; Touch[\);]	Microsoft Surface RT	Microsoft	Surface RT
motorola-		Motorola\-([A-Za-z0-9]{1,100})	Motorola $1	Motorola	$1
moto-		MOTO\-([A-Za-z0-9]{1,100})	Motorola $1	Motorola	$1
mot-		MOT\-([A-z0-9][A-z0-9\-]{0,100})	Motorola $1	Motorola	$1
moto		; (moto[ a-zA-z0-9()]{0,50});((?: Build|.{0,50}\) AppleWebKit))	$1	Motorola	$1
moto		; {0,2}(moto)(.{0,50})(?: Build|\) AppleWebKit)	Motorola$2	Motorola	$2
nintendo wiiu		Nintendo WiiU	Nintendo Wii U	Nintendo	Wii U
nintendo 3ds;¦nintendo ds;¦nintendo dsi;¦nintendo switc¦nintendo wii;		Nintendo (Switch|DS|3DS|DSi|Wii);	Nintendo $1	Nintendo	$1
pantech		(?:Pantech|PANTECH)[ _-]?([A-Za-z0-9\-]{1,100})	Pantech $1	Pantech	$1
philips		Philips([A-Za-z0-9]{1,100})	Philips $1	Philips	$1
philips 		Philips ([A-Za-z0-9]{1,100})	Philips $1	Philips	$1
tizen 		(SMART-TV); .{0,200} Tizen 	Samsung $1	Samsung	$1
symbianos/9.		SymbianOS/9\.\d.{0,200} Samsung[/\-]([A-Za-z0-9 \-]{1,100})	Samsung $1	Samsung	$1
samsungsgh		(Samsung)(SGH)(i[0-9]{1,100})	$1 $2$3	$1	$2-$3
samsung-androi		SAMSUNG-ANDROID-MMS/([^;/]{1,100})	$1	Samsung	$1
samsung ¦samsung!¦samsung"¦samsung#¦samsung$¦samsung%¦samsung&¦samsung'¦samsung(¦samsung)¦samsung*¦samsung+¦samsung,¦samsung-¦samsung.¦samsung/¦samsung; 	i	SAMSUNG(?:; |[ -/])([A-Za-z0-9\-]{1,100})	Samsung $1	Samsung	$1
dreamcast		(Dreamcast)	Sega $1	Sega	$1
sie-		^SIE-([A-Za-z0-9]{1,100})	Siemens $1	Siemens	$1
softbank/1.0/¦softbank/2.0/		Softbank/[12]\.0/([A-Za-z0-9]{1,100})	Softbank $1	Softbank	$1
sonyericsson		SonyEricsson ?([A-Za-z0-9\-]{1,100})	Ericsson $1	SonyEricsson	$1
sony/		Android [^;]{1,200}; ([^ ]{1,100}) (Sony)/	$2 $1	$2	$1
sony		(Sony)(?:BDP\/|\/|)([^ /;\)]{1,100})[ /;\)]	$1 $2	$1	$2
puffin/		Puffin/[\d\.]{1,100}IT	iPad	Apple	iPad
puffin/		Puffin/[\d\.]{1,100}IP	iPhone	Apple	iPhone
puffin/		Puffin/[\d\.]{1,100}AT	Generic Tablet	Generic	Tablet
puffin/		Puffin/[\d\.]{1,100}AP	Generic Smartphone	Generic	Smartphone
wowmobile 		Android[\- ][\d]{1,100}\.[\d]{1,100}; [A-Za-z]{2}\-[A-Za-z]{0,2}; WOWMobile (.{1,200})( Build[/ ]|\))		Generic_Android	$1
-update1; 		Android[\- ][\d]{1,100}\.[\d]{1,100}\-update1; [A-Za-z]{2}\-[A-Za-z]{0,2} {0,2}; {0,2}(.{1,200}?)( Build[/ ]|\))		Generic_Android	$1
android ¦android-		Android[\- ][\d]{1,100}(?:\.[\d]{1,100})(?:\.[\d]{1,100}|); {0,2}[A-Za-z]{2}[_\-][A-Za-z]{0,2}\-? {0,2}; {0,2}(.{1,200}?)( Build[/ ]|\))		Generic_Android	$1
-  ;¦- ;¦-;		Android[\- ][\d]{1,100}(?:\.[\d]{1,100})(?:\.[\d]{1,100}|); {0,2}[A-Za-z]{0,2}\- {0,2}; {0,2}(.{1,200}?)( Build[/ ]|\))		Generic_Android	$1
android ¦android-		Android[\- ][\d]{1,100}(?:\.[\d]{1,100})(?:\.[\d]{1,100}|); {0,2}[a-z]{0,2}[_\-]?[A-Za-z]{0,2};?( Build[/ ]|\))	Generic Smartphone	Generic	Smartphone
android ¦android-		Android[\- ][\d]{1,100}(?:\.[\d]{1,100})(?:\.[\d]{1,100}|); {0,3}\-?[A-Za-z]{2}; {0,2}(.{1,50}?)( Build[/ ]|\))		Generic_Android	$1
mobile safari		Android \d{1,100}?(?:\.\d{1,100}|)(?:\.\d{1,100}|); ([^;]{1,100}?)(?: Build|\) AppleWebKit).{1,200}? Mobile Safari		Generic_Android	$1
android 		Android \d{1,100}?(?:\.\d{1,100}|)(?:\.\d{1,100}|); ([^;]{1,100}?)(?: Build|\) AppleWebKit).{1,200}? Safari		Generic_Android_Tablet	$1
android 		Android \d{1,100}?(?:\.\d{1,100}|)(?:\.\d{1,100}|); ([^;]{1,100}?)(?: Build|\))		Generic_Android	$1
googletv		(GoogleTV)		Generic_Inettv	$1
webtv/		(WebTV)/\d{1,100}.\d{1,100}		Generic_Inettv	$1
roku/dvp-		^(Roku)/DVP-\d{1,100}\.\d{1,100}		Generic_Inettv	$1
android 3.¦pad¦tab	i	(Android 3\.\d|Opera Tablet|Tablet; .{1,100}Firefox/|Android.{0,100}(?:Tab|Pad))	Generic Tablet	Generic	Tablet
(bada; opera m¦(palm os; oper¦(series 60; op¦(webos/¦(windows mobil¦android¦brew¦iphone os¦mobile; ¦mobilesafari¦opera mobi¦palmos¦s60¦symbian¦windows  phone¦windows ce¦windows phone¦windowsphone		(Symbian|\bS60(Version|V\d)|\bS60\b|\((Series 60|Windows Mobile|Palm OS|Bada); Opera Mini|Windows CE|Opera Mobi|BREW|Brew|Mobile; .{1,200}Firefox/|iPhone OS|Android|MobileSafari|Windows {0,2}Phone|\(webOS/|PalmOS)	Generic Smartphone	Generic	Smartphone
avantgo¦blazer¦elaine¦hiptop¦plucker¦xiino	i	(hiptop|avantgo|plucker|xiino|blazer|elaine)	Generic Smartphone	Generic	Smartphone
/+/web/snippet¦altavista¦appengine-goog¦archiver¦bingpreview¦blogbridge¦borg¦bot¦bubing¦charlotte¦cibra¦crawl¦dataparksearch¦daum¦facebookextern¦favicon¦findlinks¦genieo¦gomezagent¦google web pre¦google-http-ja¦google-inspect¦heritrix¦holmes¦htdig¦http%20client¦icarus6j¦ichiro¦iltrovatore-se¦indexer¦innovazion cra¦internetarchiv¦java/¦jnlp/¦larbin¦lycos¦masscan¦mogimogi¦netresearch¦netvibes¦newsgator¦ning¦nutch¦oegp¦ogscrper¦pagepeeker¦pingdom¦pompos¦python-urllib¦qwantify¦reaper¦reciperadar¦retreiver¦riddler¦scooter¦scraper¦scrapy¦screaming frog¦scrubby¦searchsight¦semanticdiscov¦silk¦slurp¦snappy¦sogou¦speedy¦spider¦squrl java¦statuscake¦teoma¦tlsprober¦voila¦vortex¦voyager¦webthumbnail¦whatsapp¦whatweb¦winhttp¦wordpress¦wsr-agent¦xenu¦yahoo¦yeti¦zao¦zeal¦zooshot	i	^.{0,100}(bot|BUbiNG|zao|borg|DBot|oegp|silk|Xenu|zeal|^NING|CCBot|crawl|htdig|lycos|slurp|teoma|voila|yahoo|Sogou|CiBra|Nutch|^Java/|^JNLP/|Daumoa|Daum|Genieo|ichiro|larbin|pompos|Scrapy|snappy|speedy|spider|msnbot|msrbot|vortex|^vortex|crawler|favicon|indexer|Riddler|scooter|scraper|scrubby|WhatWeb|WinHTTP|bingbot|BingPreview|openbot|gigabot|furlbot|polybot|seekbot|^voyager|archiver|Icarus6j|mogimogi|Netvibes|blitzbot|altavista|charlotte|findlinks|Retreiver|TLSProber|WordPress|SeznamBot|ProoXiBot|wsr\-agent|Squrl Java|EtaoSpider|PaperLiBot|SputnikBot|A6\-Indexer|netresearch|searchsight|baiduspider|YisouSpider|ICC\-Crawler|http%20client|Python-urllib|dataparksearch|converacrawler|Screaming Frog|AppEngine-Google|YahooCacheSystem|fast\-webcrawler|Sogou Pic Spider|semanticdiscovery|Innovazion Crawler|facebookexternalhit|Google.{0,200}/\+/web/snippet|Google-HTTP-Java-Client|BlogBridge|IlTrovatore-Setaccio|InternetArchive|GomezAgent|WebThumbnail|heritrix|NewsGator|PagePeeker|Reaper|ZooShot|holmes|NL-Crawler|Pingdom|StatusCake|WhatsApp|masscan|Google Web Preview|Qwantify|Yeti|OgScrper|RecipeRadar|GPTBot|Google-InspectionTool)	Spider	Spider	Desktop
1207¦3gso¦4thp¦501i¦502i¦503i¦504i¦505i¦506i¦6310¦6590¦770s¦802s¦a wa¦abac¦acer¦acoo¦acs-¦aiko¦airn¦alav¦alca¦alco¦amoi¦anex¦anny¦anyw¦aptu¦arch¦asus¦attw¦au-m¦aur ¦aus ¦beck¦bell¦benq¦bilb¦bird¦blac¦bmobile¦bw-n¦bw-u¦c55/¦capi¦cdm-¦chtm¦comp¦cond¦dait¦dall¦dbte¦dc-s¦devi¦dica¦dmob¦doco¦dopo¦dorado¦ds-d¦ds12¦dual¦el38¦el39¦el48¦el49¦el50¦el55¦el58¦el68¦elai¦emul¦eric¦erk0¦esl8¦ex300¦ez40¦ez60¦ez70¦ezos¦ezwa¦ezze¦fake¦fly-¦fly_¦g-mo¦g1 u¦g560¦gene¦gf-5¦go¦grad¦grun¦hcit¦hd-m¦hd-p¦hd-t¦hei-¦hp i¦hpip¦hs-c¦htc ¦htc-¦htca¦htcg	i	^(1207|3gso|4thp|501i|502i|503i|504i|505i|506i|6310|6590|770s|802s|a wa|acer|acs\-|airn|alav|asus|attw|au\-m|aur |aus |abac|acoo|aiko|alco|alca|amoi|anex|anny|anyw|aptu|arch|argo|bmobile|bell|bird|bw\-n|bw\-u|beck|benq|bilb|blac|c55/|cdm\-|chtm|capi|comp|cond|dall|dbte|dc\-s|dica|ds\-d|ds12|dait|devi|dmob|doco|dopo|dorado|el(?:38|39|48|49|50|55|58|68)|el[3456]\d{2}dual|erk0|esl8|ex300|ez40|ez60|ez70|ezos|ezze|elai|emul|eric|ezwa|fake|fly\-|fly_|g\-mo|g1 u|g560|gf\-5|grun|gene|go.w|good|grad|hcit|hd\-m|hd\-p|hd\-t|hei\-|hp i|hpip|hs\-c|htc |htc\-|htca|htcg)	Generic Feature Phone	Generic	Feature Phone
haie¦hita¦htc_¦htcp¦htcs¦htct¦huaw¦hutc¦i-20¦i-go¦i-ma¦i230¦iac¦ig01¦im1k¦inno¦iris¦jata¦kddi¦kgt¦klon¦kpt ¦kwc-¦leno¦lexi¦lg g¦lg-a¦lg-b¦lg-c¦lg-d¦lg-f¦lg-g¦lg-k¦lg-l¦lg-m¦lg-o¦lg-p¦lg-s¦lg-t¦lg-u¦lg-w¦lg/k¦lg/l¦lg/u¦lg50¦lg54¦lge-¦lge/¦m1-w¦m3ga¦m50/¦mate¦maui¦maxo¦mc01¦mc21¦mcca¦medi¦merc¦meri¦mio8¦mioa¦mits¦mo01¦mo02¦mobi¦mode¦modo¦mot ¦mot-¦motv¦mozz¦mt50¦mtp1¦mtv ¦n100¦n101¦n102¦n202¦n203¦n300¦n302¦n500¦n502¦n505¦n700¦n701¦n710¦nec-¦nem-¦neon¦newg	i	^(htcp|htcs|htct|htc_|haie|hita|huaw|hutc|i\-20|i\-go|i\-ma|i\-mobile|i230|iac|iac\-|iac/|ig01|im1k|inno|iris|jata|kddi|kgt|kgt/|kpt |kwc\-|klon|lexi|lg g|lg\-a|lg\-b|lg\-c|lg\-d|lg\-f|lg\-g|lg\-k|lg\-l|lg\-m|lg\-o|lg\-p|lg\-s|lg\-t|lg\-u|lg\-w|lg/k|lg/l|lg/u|lg50|lg54|lge\-|lge/|leno|m1\-w|m3ga|m50/|maui|mc01|mc21|mcca|medi|meri|mio8|mioa|mo01|mo02|mode|modo|mot |mot\-|mt50|mtp1|mtv |mate|maxo|merc|mits|mobi|motv|mozz|n100|n101|n102|n202|n203|n300|n302|n500|n502|n505|n700|n701|n710|nec\-|nem\-|newg|neon)	Generic Feature Phone	Generic	Feature Phone
netf¦noki¦nzph¦o2 x¦o2-x¦opti¦opwv¦oran¦ot-s¦owg1¦p800¦palm¦pana¦pand¦pg-1¦pg-2¦pg-3¦pg-6¦pg-8¦pg-c¦pg13¦phil¦pire¦pn-2¦pock¦pose¦psio¦pt-g¦qa-a¦qc-2¦qc-3¦qc-5¦qc-7¦qc07¦qc12¦qc21¦qc32¦qc60¦qci-¦qtek¦qwap¦r380¦r600¦raks¦rim9¦rove¦s55/¦sage¦samm¦sams¦sany¦sava¦sc01¦sch-¦scoo¦scp-¦sdk/¦se47¦sec-¦sec0¦sec1¦semc¦send¦sgh-¦shar¦sie-¦siem¦sk-0¦sl45¦slid¦smar¦smb3¦smit¦smt5¦soft¦sony¦sp01¦sph-¦spv ¦spv-¦sy01¦t-mo¦t218¦t250¦t600¦t610¦t618¦tagt¦tcl-¦tdg-¦telm¦tim-¦ts70¦tsm-¦tsm3¦tsm5¦tx-9	i	^(netf|noki|nzph|o2 x|o2\-x|opwv|owg1|opti|oran|ot\-s|p800|pand|pg\-1|pg\-2|pg\-3|pg\-6|pg\-8|pg\-c|pg13|phil|pn\-2|pt\-g|palm|pana|pire|pock|pose|psio|qa\-a|qc\-2|qc\-3|qc\-5|qc\-7|qc07|qc12|qc21|qc32|qc60|qci\-|qwap|qtek|r380|r600|raks|rim9|rove|s55/|sage|sams|sc01|sch\-|scp\-|sdk/|se47|sec\-|sec0|sec1|semc|sgh\-|shar|sie\-|sk\-0|sl45|slid|smb3|smt5|sp01|sph\-|spv |spv\-|sy01|samm|sany|sava|scoo|send|siem|smar|smit|soft|sony|t\-mo|t218|t250|t600|t610|t618|tcl\-|tdg\-|telm|tim\-|ts70|tsm\-|tsm3|tsm5|tx\-9|tagt)	Generic Feature Phone	Generic	Feature Phone
aste¦audi¦avan¦blaz¦brew¦brvw¦bumb¦ccwa¦cell¦cldc¦cmd-¦dang¦eml2¦fetc¦hipt¦http¦ibro¦idea¦ikom¦ipaq¦jbro¦jemu¦jigs¦keji¦kyoc¦kyok¦libw¦m-cr¦midp¦mmef¦moto¦mwbp¦mywa¦newt¦nok6¦o2im¦pant¦pdxg¦play¦pluc¦port¦prox¦rozo¦sama¦seri¦smal¦symb¦talk¦teli¦topl¦tosh¦treo¦up¦utst¦v400¦v750¦veri¦vertu¦virg¦vite¦vk-v¦vk40¦vk50¦vk52¦vk53¦vm40¦voda¦vulc¦vx52¦vx53¦vx60¦vx61¦vx70¦vx80¦vx81¦vx83¦vx85¦vx98¦w3c ¦w3c-¦wap-¦wapa¦wapi¦wapj¦wapm¦wapp¦wapr¦waps¦wapt¦wapu¦wapv¦wapy¦webc¦whit¦wig ¦winc¦winw¦wmlb¦wonu¦x700¦xda-¦xda2¦xda_¦xdag¦yas-¦your¦zeto¦zte-	i	^(talk|teli|topl|tosh|up.b|upg1|utst|v400|v750|veri|vk\-v|vk40|vk50|vk52|vk53|vm40|vx98|virg|vertu|vite|voda|vulc|w3c |w3c\-|wapj|wapp|wapu|wapm|wig |wapi|wapr|wapv|wapy|wapa|waps|wapt|winc|winw|wonu|x700|xda2|xdag|yas\-|your|zte\-|zeto|aste|audi|avan|blaz|brew|brvw|bumb|ccwa|cell|cldc|cmd\-|dang|eml2|fetc|hipt|http|ibro|idea|ikom|ipaq|jbro|jemu|jigs|keji|kyoc|kyok|libw|m\-cr|midp|mmef|moto|mwbp|mywa|newt|nok6|o2im|pant|pdxg|play|pluc|port|prox|rozo|sama|seri|smal|symb|treo|upsi|vx52|vx53|vx60|vx61|vx70|vx80|vx81|vx83|vx85|wap\-|webc|whit|wmlb|xda\-|xda_)	Generic Feature Phone	Generic	Feature Phone
ice		^(Ice)$	Generic Feature Phone	Generic	Feature Phone
maui¦midp¦netfront¦obigo¦opera mini¦teleca¦up.browser¦wap browser¦wap-browser	i	(wap[\-\ ]browser|maui|netfront|obigo|teleca|up\.browser|midp|Opera Mini)	Generic Feature Phone	Generic	Feature Phone
mac os		Mac OS	Mac	Apple	Mac'''
